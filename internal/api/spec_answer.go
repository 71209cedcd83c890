package api

import (
	"cmp"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"morag/internal/auth"
	"morag/internal/openapi"
	"morag/internal/wire"
)

// responses are the answers of a call by their status.
func (r Route) responses(schemas *openapi.Schemas) map[string]*openapi.Response {
	all := map[string]*openapi.Response{}
	for status, sentences := range r.told() {
		sentences = slices.Compact(slices.Sorted(slices.Values(sentences)))
		one := refusal(status, sentences)
		if r.dialect != nil {
			_, example := r.dialect(&Problem{Status: status, Detail: sentences[0]})
			one.Content[jsonMedia] = openapi.MediaType{Schema: schemas.Of(reflect.TypeOf(example)), Example: example}
		}
		all[strconv.Itoa(status)] = one
	}
	for name, same := range shared {
		for code, one := range all {
			if one.Description == same.Description && r.dialect == nil {
				all[code] = &openapi.Response{Ref: "#/components/responses/" + name}
			}
		}
	}
	for status, says := range r.about.bare {
		all[strconv.Itoa(status)] = &openapi.Response{Description: says}
	}
	if r.about.bare != nil && r.about.gets == nil {
		return all
	}
	success := &openapi.Response{Description: "done", Content: map[string]openapi.MediaType{}}
	all["200"] = success
	switch {
	case r.about.file:
		success.Description = "the file"
		success.Content["application/octet-stream"] = openapi.MediaType{Schema: &openapi.Schema{Type: openapi.Types{"string"}, Format: "binary"}}
		success.Headers = map[string]openapi.Header{
			"ETag":                {Description: "changes with the file", Schema: text},
			"Content-Disposition": {Description: "its name", Schema: text},
		}
		all["206"] = &openapi.Response{Description: "the range of it that Range asks for", Headers: success.Headers, Content: map[string]openapi.MediaType{
			"application/octet-stream": success.Content["application/octet-stream"],
			"multipart/byteranges":     {Schema: &openapi.Schema{Type: openapi.Types{"string"}, Format: "binary"}},
		}}
		all["304"] = &openapi.Response{Description: "If-None-Match or If-Modified-Since shows that the caller has it"}
	case r.about.media != "":
		for _, media := range strings.Fields(r.about.media) {
			success.Content[media] = r.written(media, schemas)
		}
	default:
		success.Content[jsonMedia] = r.answer(schemas)
	}
	if !r.about.warns {
		if success.Headers == nil {
			success.Headers = map[string]openapi.Header{}
		}
		success.Headers[warningHeader] = openapi.Header{Description: "what of the request is unknown and was ignored: a line for each", Schema: text}
	}
	if r.about.also != 0 {
		other := *success
		other.Description = "the same, for another state"
		all[strconv.Itoa(r.about.also)] = &other
	}
	return all
}

// written is what a success brings that is of one of several content types.
func (r Route) written(media string, schemas *openapi.Schemas) openapi.MediaType {
	if media == jsonMedia {
		return r.answer(schemas)
	}
	example, _ := r.about.gets.(string)
	if example == "" {
		return openapi.MediaType{Schema: text}
	}
	return openapi.MediaType{Schema: text, Example: example}
}

var text = &openapi.Schema{Type: openapi.Types{"string"}}

// answer is the JSON value that a success brings.
func (r Route) answer(schemas *openapi.Schemas) openapi.MediaType {
	if several, ok := r.about.gets.(either); ok {
		schema := &openapi.Schema{}
		for _, one := range several {
			schema.AnyOf = append(schema.AnyOf, schemas.Of(reflect.TypeOf(one)))
		}
		return openapi.MediaType{Schema: schema, Example: several[0]}
	}
	t := r.about.out
	if r.about.gets != nil {
		t = reflect.TypeOf(r.about.gets)
	}
	return openapi.MediaType{Schema: schemas.Of(t), Example: r.about.gets}
}

func refusal(status int, sentences []string) *openapi.Response {
	sentences = slices.Compact(slices.Sorted(slices.Values(sentences)))
	out := &openapi.Response{
		Description: strings.Join(sentences, "; "),
		Content: map[string]openapi.MediaType{jsonMedia: {
			Schema: openapi.Ref("Error"), Example: wire.Error{Detail: sentences[0]},
		}},
	}
	switch status {
	case http.StatusUnauthorized:
		out.Headers = map[string]openapi.Header{"WWW-Authenticate": {Description: "Bearer", Schema: text}}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		out.Headers = map[string]openapi.Header{"Retry-After": {Description: "seconds to wait", Schema: &openapi.Schema{Type: openapi.Types{"integer"}}}}
	}
	return out
}

// What most calls may meet, said once.
var (
	keyRefusals = []string{answer(auth.ErrNoKey).Detail, answer(auth.ErrBadKey).Detail, answer(auth.ErrRevoked).Detail}

	wrongRole  = "the key's role may not do this"
	tooMany    = []string{"too many requests: slow down"}
	ownFault   = []string{"internal error: the server's log has the cause"}
	noStore    = []string{"a store is not available, or has no room left"}
	wrongValue = []string{"a value is missing or wrong: the sentence names it"}
	wrongBody  = []string{"the body cannot be read, or is no JSON"}
	wrongSite  = []string{"the request comes from a page of another origin, or for another host, and the server has no keys"}

	// everywhere are those that the page says once.
	everywhere = slices.Concat(keyRefusals, tooMany, ownFault, noStore, wrongValue, wrongBody, wrongSite, []string{wrongRole})

	shared = map[string]*openapi.Response{
		"NoKey":       refusal(http.StatusUnauthorized, keyRefusals),
		"TooMany":     refusal(http.StatusTooManyRequests, tooMany),
		"Internal":    refusal(http.StatusInternalServerError, ownFault),
		"Unavailable": refusal(http.StatusServiceUnavailable, noStore),
		"Wrong":       refusal(http.StatusUnprocessableEntity, wrongValue),
		"Malformed":   refusal(http.StatusBadRequest, wrongBody),
		"WrongSite":   refusal(http.StatusForbidden, wrongSite),
	}
)

// told are the refusals by the status that they are told with.
func (r Route) told() map[int][]string {
	if r.dialect == nil {
		return r.refusals()
	}
	all := map[int][]string{}
	for of, sentences := range r.refusals() {
		status, _ := r.dialect(&Problem{Status: of})
		all[status] = append(all[status], sentences...)
	}
	return all
}

// refusals are the sentences of a call by their status: those of the table that it names,
// and those that every call of its kind may meet.
func (r Route) refusals() map[int][]string {
	all := map[int][]string{}
	say := func(status int, sentences ...string) { all[status] = append(all[status], sentences...) }
	for _, err := range r.about.fails {
		p := answer(err)
		say(p.Status, p.Detail)
	}
	say(http.StatusForbidden, wrongSite...)
	say(http.StatusInternalServerError, ownFault...)
	if r.access&open == 0 {
		say(http.StatusUnauthorized, keyRefusals...)
		say(http.StatusForbidden, wrongRole)
		say(http.StatusTooManyRequests, tooMany...)
		say(http.StatusServiceUnavailable, noStore...)
	}
	if r.about.file {
		say(http.StatusPreconditionFailed, "the file has changed")
		say(http.StatusRequestedRangeNotSatisfiable, "the file has no such range")
	}
	if r.about.takes != 0 || bodyOf(r.about.in) != nil || r.about.sends != nil {
		say(http.StatusBadRequest, wrongBody...)
		say(http.StatusRequestEntityTooLarge, cmp.Or(r.bodyLimit(), "the body is larger than 1 MiB"))
		say(http.StatusUnprocessableEntity, wrongValue...)
	} else if reflect.TypeFor[none]() != r.about.in {
		say(http.StatusUnprocessableEntity, wrongValue...)
	}
	if r.about.takes != 0 {
		say(http.StatusUnsupportedMediaType, "Content-Type is none of those that are taken")
	}
	return all
}

// bodyLimit says how large the body may be, "" for as large as any JSON.
func (r Route) bodyLimit() string {
	switch {
	case r.about.takes&upload != 0:
		return "the file is larger than MORAG_MAX_UPLOAD_SIZE (5 GiB), or the other fields than 2 MiB"
	case r.about.takes != 0:
		return "the body is larger than 2 MiB"
	case r.about.id == "putResult":
		return "the result is larger than MORAG_MAX_RESULT_SIZE (64 MiB)"
	}
	return ""
}

// names are the roles whose keys may call.
func (a access) names() []string {
	if a&open != 0 {
		return nil
	}
	return strings.Split(a.whom(), " or ")
}

// webhookOperation is what the server sends to a webhook.
func webhookOperation(schemas *openapi.Schemas) *openapi.Operation {
	return &openapi.Operation{
		ID: "taskEnded", Tags: []string{tagTask}, Summary: "A task has ended",
		Description: "Sent to the webhook_url of a task, by the convention of Standard Webhooks: webhook-id, webhook-timestamp and, when there is a secret, webhook-signature. It is tried again for a day until it is answered with success.",
		RequestBody: &openapi.RequestBody{Required: true, Content: map[string]openapi.MediaType{jsonMedia: {
			Schema: schemas.Of(reflect.TypeFor[wire.TaskEnded]()),
			Example: wire.TaskEnded{
				TaskID: taskExample, Status: "SUCCESS", Result: taskDone.Result, CompletedAt: moment(95), DocumentID: taskDone.DocumentID, ProcessingMethod: wire.Text("remote"),
			},
		}}},
		Responses: map[string]*openapi.Response{"2XX": {Description: "taken"}},
	}
}
