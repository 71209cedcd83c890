package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	"morag/internal/openapi"
	"morag/internal/wire"
)

// The document is made of the table of routes by a small package of our own. Tried before:
// huma takes no table of plain functions without taking over their decoding, and cannot
// say that a member of another type may be null; swaggest's needs a tag on each field for
// what omitempty says here already.

// specification makes the OpenAPI document of the table.
func specification(version string, routes []Route) *openapi.Document {
	d := &openapi.Document{
		OpenAPI: "3.1.0",
		Info: openapi.Info{
			Title: "MoRAG", Version: version, Summary: "Turns audio, video, documents and more into searchable text",
			Description: conventions, License: openapi.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
		},
		Servers: []openapi.Server{{URL: "/", Description: "this server"}},
		Paths:   map[string]openapi.PathItem{},
		Components: openapi.Components{SecuritySchemes: map[string]openapi.SecurityScheme{
			"bearer": {Type: "http", Scheme: "bearer", Description: "a key that `morag keys create` has made; a server that has no keys asks for none"},
			"header": {Type: "apiKey", In: "header", Name: "X-API-Key", Description: "the same key"},
			"token":  {Type: "apiKey", In: "query", Name: "token", Description: "the token of source_file_url"},
		}},
	}
	for _, t := range tags {
		d.Tags = append(d.Tags, openapi.Tag{Name: t.name, Description: t.text})
	}
	var schemas openapi.Schemas
	for _, t := range mentioned {
		schemas.Of(t)
	}
	for _, r := range routes {
		path := r.pattern()
		if d.Paths[path] == nil {
			d.Paths[path] = openapi.PathItem{}
		}
		d.Paths[path][strings.ToLower(r.Method)] = r.operation(&schemas)
	}
	d.Webhooks = map[string]openapi.PathItem{"task": {"post": webhookOperation(&schemas)}}
	d.Components.Schemas = schemas.All()
	d.Components.Responses = shared
	return d
}

// mentioned are types that others name by their tags.
var mentioned = []reflect.Type{
	reflect.TypeFor[wire.Error](), reflect.TypeFor[wire.TaskResult](), reflect.TypeFor[wire.BatchResult](), reflect.TypeFor[wire.Segment](),
	reflect.TypeFor[wire.ResultData](), reflect.TypeFor[wire.JobRecord](), reflect.TypeFor[wire.JobLastResult](),
}

const conventions = `JSON in UTF-8, names in snake_case. What of a request is unknown is ignored: warnings of the answer, or where it has none its header Morag-Warning, name unknown parameters, and members that are almost called as known ones; null means absent, as does an empty field of a form. In forms true, 1, yes and on are true, in any case. Times are RFC 3339 in UTC. A trailing slash never matters, and nothing redirects.

Lists come newest first, with next_cursor for the page after. Whatever is no success has one sentence in detail: the first thing that is wrong. With 429 and 503 the header Retry-After says how many seconds to wait.

Idempotency-Key makes it safe to send a request again that creates something: it meets what it made before.`

// pattern is the path as the document has it.
func (r Route) pattern() string { return strings.TrimSuffix(r.Path, "{$}") }

// operation is the row in the document.
func (r Route) operation(schemas *openapi.Schemas) *openapi.Operation {
	op := &openapi.Operation{
		ID: r.about.id, Tags: []string{r.about.tag}, Summary: r.about.summary, Description: r.about.text,
		Parameters: r.parameters(schemas), RequestBody: r.body(schemas), Responses: r.responses(schemas), Access: r.access.names(),
	}
	if r.access&open == 0 {
		op.Description = strings.TrimSpace(op.Description + " For keys of the role " + r.access.whom() + ".")
		op.Security = []map[string][]string{{"bearer": {}}, {"header": {}}}
	}
	if r.access&token != 0 {
		op.Security = append(op.Security, map[string][]string{"token": {}})
	}
	return op
}

func (r Route) parameters(schemas *openapi.Schemas) (all []openapi.Parameter) {
	for _, f := range reflect.VisibleFields(r.about.in) {
		for _, in := range []string{"path", "query", "header"} {
			name := f.Tag.Get(in)
			if name == "" {
				continue
			}
			schema := schemas.Tagged(f)
			schema.Description, schema.Examples = "", nil
			_, required := f.Tag.Lookup("required")
			if _, exact := f.Tag.Lookup("exact"); schema.Minimum != nil && !exact {
				// What lies outside is no mistake: it is brought into the bounds.
				schema.Description = fmt.Sprintf("brought into %d to %d", *schema.Minimum, *schema.Maximum)
				schema.Minimum, schema.Maximum = nil, nil
			}
			all = append(all, openapi.Parameter{
				Name: name, In: in, Description: f.Tag.Get("doc"), Required: in == "path" || required, Schema: schema,
				Example: openapi.Value(f, "example"),
			})
		}
	}
	return all
}

// body is what the call sends, nil for nothing.
func (r Route) body(schemas *openapi.Schemas) *openapi.RequestBody {
	if r.about.takes != 0 {
		return r.form(schemas)
	}
	t := bodyOf(r.about.in)
	if t == nil && r.about.sends != nil {
		t = reflect.TypeOf(r.about.sends)
	}
	if t == nil {
		return nil
	}
	schema := schemas.Of(t)
	return &openapi.RequestBody{
		Required: slices.Contains([]string{"POST", "PUT"}, r.Method) && len(required(schemas, schema)) > 0,
		Content:  map[string]openapi.MediaType{jsonMedia: {Schema: schema, Example: r.about.sends}},
	}
}

func required(schemas *openapi.Schemas, s *openapi.Schema) []string {
	if named := schemas.All()[s.Name()]; named != nil {
		return named.Required
	}
	return s.Required
}

// bodyOf is the type of the body of an In, nil when it has none.
func bodyOf(in reflect.Type) reflect.Type {
	for _, f := range reflect.VisibleFields(in) {
		if _, ok := f.Tag.Lookup("body"); ok {
			return f.Type
		}
	}
	return nil
}

const jsonMedia = "application/json"

// specify returns what makes the document when it is first asked for.
func (s *Server) specify() func() []byte {
	return sync.OnceValue(func() []byte {
		raw, err := json.MarshalIndent(specification(s.Version, s.routes()), "", "  ")
		if err != nil {
			panic(err) // of values of this package
		}
		return append(raw, '\n')
	})
}

func (s *Server) openapi(w http.ResponseWriter, _ *http.Request, _ none) error {
	w.Header().Set("Content-Type", jsonMedia)
	_, _ = w.Write(s.specification()) // a caller that has left
	return nil
}
