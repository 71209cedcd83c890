// Package openapitest holds the answers of a server against its OpenAPI document, for
// tests: nothing may be answered that is not documented, no status, no content type and no
// member of a JSON object.
package openapitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Judge knows a document. It is safe for concurrent use.
type Judge struct {
	paths    []string // in the order in which they are tried
	document map[string]any
	mu       sync.Mutex // guards what follows
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema // by their place in the document
}

const place = "https://morag.example/openapi.json"

// New reads a document. Its objects are taken to have no members but those that it names,
// unless it says what others are.
func New(document []byte) (*Judge, error) {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, err
	}
	j := &Judge{document: parsed.(map[string]any), compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	for p := range j.at("paths") {
		j.paths = append(j.paths, p)
	}
	for name, schema := range j.at("components", "schemas") {
		s := schema.(map[string]any)
		if s["properties"] != nil && s["additionalProperties"] == nil && !strings.HasSuffix(name, "Form") && !strings.HasSuffix(name, "Options") {
			s["additionalProperties"] = false
		}
	}
	j.compiler.DefaultDraft(jsonschema.Draft2020)
	j.compiler.AssertFormat()
	return j, j.compiler.AddResource(place, parsed)
}

func (j *Judge) at(names ...string) map[string]any {
	at := j.document
	for _, name := range names {
		at, _ = at[name].(map[string]any)
	}
	return at
}

// Answer returns what the document does not say of an answer to the request, nil when
// there is nothing. body is nil when it was not read to its end.
func (j *Judge) Answer(r *http.Request, status int, header http.Header, body []byte) error {
	if err := j.answer(r.Method, r.URL, status, header, body); err != nil {
		return fmt.Errorf("%s %s: %d %s %.500q: %w", r.Method, r.URL.EscapedPath(), status, header.Get("Content-Type"), body, err)
	}
	return nil
}

func (j *Judge) answer(method string, u *url.URL, status int, header http.Header, body []byte) error {
	if status == http.StatusNoContent && method == http.MethodOptions {
		return nil // what a browser asks before it calls
	}
	asked := strings.ToLower(method)
	if method == http.MethodHead {
		body = nil
		if j.pattern(u, asked) == "" { // it is as GET, without the body
			asked = "get"
		}
	}
	pattern := j.pattern(u, asked)
	answers := j.at("paths", pattern, asked, "responses")
	if answers == nil || method == http.MethodHead && status == http.StatusMethodNotAllowed {
		if status != http.StatusNotFound && status != http.StatusMethodNotAllowed && status != http.StatusForbidden {
			return fmt.Errorf("no such call is documented")
		}
		return j.fits(place+"#/components/schemas/Error", body)
	}
	at := pointer("paths", pattern, asked, "responses", strconv.Itoa(status))
	answer, _ := answers[strconv.Itoa(status)].(map[string]any)
	if ref, ok := answer["$ref"].(string); ok {
		at = ref
		answer = j.at("components", "responses", strings.TrimPrefix(ref, "#/components/responses/"))
	}
	if answer == nil {
		return fmt.Errorf("the status is not documented")
	}
	for name := range asMap(answer["headers"]) {
		if (name == "Retry-After" || name == "WWW-Authenticate") && header.Get(name) == "" {
			return fmt.Errorf("the header %s is missing", name)
		}
	}
	content := asMap(answer["content"])
	if len(content) == 0 {
		if len(body) > 0 {
			return fmt.Errorf("no body is documented")
		}
		return nil
	}
	media, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	kind, _, _ := strings.Cut(media, "/")
	if content[media] == nil && content[kind+"/*"] == nil {
		return fmt.Errorf("the content type is not documented")
	}
	if media != "application/json" || body == nil {
		return nil
	}
	return j.fits(place+at+"/content/application~1json/schema", body)
}

// pattern is the documented path that a request is for, "" for none. A path that is named
// comes before one with a parameter.
func (j *Judge) pattern(u *url.URL, method string) (best string) {
	asked := strings.Split(path.Clean("/"+strings.TrimRight(u.EscapedPath(), "/")), "/")
	for _, p := range j.paths {
		segments := strings.Split(p, "/")
		if len(segments) != len(asked) || asMap(j.at("paths", p))[method] == nil {
			continue
		}
		fits := true
		for i, s := range segments {
			name, _ := url.PathUnescape(asked[i])
			fits = fits && (s == name || strings.HasPrefix(s, "{") && name != "")
		}
		if fits && (best == "" || strings.Contains(best, "{") && !strings.Contains(p, "{")) {
			best = p
		}
	}
	return best
}

// fits holds a body against the schema at a place.
func (j *Judge) fits(at string, body []byte) error {
	if body == nil {
		return nil
	}
	schema, err := j.schema(at)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the body is no JSON: %w", err)
	}
	return schema.Validate(value)
}

func (j *Judge) schema(at string) (*jsonschema.Schema, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if s := j.schemas[at]; s != nil {
		return s, nil
	}
	s, err := j.compiler.Compile(at)
	if err != nil {
		return nil, err
	}
	j.schemas[at] = s
	return s, nil
}

// Examples returns what is wrong with the examples of bodies in the document.
func (j *Judge) Examples() (wrong []error) {
	for p, item := range j.at("paths") {
		for method, op := range asMap(item) {
			at := []string{"paths", p, method}
			wrong = append(wrong, j.examples(asMap(asMap(op)["requestBody"]), append(at, "requestBody"))...)
			for status, answer := range asMap(asMap(op)["responses"]) {
				wrong = append(wrong, j.examples(asMap(answer), append(at, "responses", status))...)
			}
		}
	}
	return wrong
}

func (j *Judge) examples(of map[string]any, at []string) (wrong []error) {
	for media, m := range asMap(of["content"]) {
		example := asMap(m)["example"]
		if example == nil {
			continue
		}
		body, err := json.Marshal(example)
		if err == nil {
			err = j.fits(place+pointer(append(append([]string{}, at...), "content", media, "schema")...), body)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", strings.Join(at, " "), err))
		}
	}
	return wrong
}

func asMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// pointer is a place in the document, as part of an address.
func pointer(names ...string) string {
	var b strings.Builder
	b.WriteString("#")
	for _, name := range names {
		b.WriteString("/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(name)))
	}
	return b.String()
}
