package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"morag/internal/openapi"
)

// docsKind is what a value is: words, of which some are types of the page.
type docsKind []docsWord

type docsWord struct{ Text, Type string }

// kindOf tells of a schema in words.
func kindOf(s *openapi.Schema) docsKind {
	word := func(text string) docsKind { return docsKind{{Text: text}} }
	switch {
	case s.Ref != "":
		return docsKind{{s.Name(), s.Name()}}
	case s.AnyOf != nil:
		return alternatives(s.AnyOf)
	case s.Enum != nil:
		var values []string
		for _, v := range s.Enum {
			values = append(values, fmt.Sprint(v))
		}
		return word(strings.ReplaceAll(strings.Join(values, ", "), "<nil>", "null"))
	case len(s.Type) == 0:
		return word("anything")
	}
	var k docsKind
	switch s.Type[0] {
	case "array":
		k = word("list")
		if s.Items != nil {
			k = append(word("list of "), kindOf(s.Items)...)
		}
	case "object":
		k = word("object")
		if of := s.AdditionalProperties; of != nil && (of.Ref != "" || of.Type != nil) {
			k = append(word("by name: "), kindOf(of)...)
		}
	case "string":
		k = word(map[string]string{"date-time": "time", "uri": "address", "binary": "file"}[s.Format])
		if k[0].Text == "" {
			k = word("text")
		}
	default:
		k = word(map[string]string{"integer": "whole number", "boolean": "true or false"}[s.Type[0]])
		if k[0].Text == "" {
			k = word(s.Type[0])
		}
	}
	if s.Minimum != nil && s.Maximum != nil {
		k = append(k, docsWord{Text: fmt.Sprintf(", %d to %d", *s.Minimum, *s.Maximum)})
	}
	if len(s.Type) > 1 {
		k = append(k, docsWord{Text: " or null"})
	}
	return k
}

func alternatives(all []*openapi.Schema) (k docsKind) {
	for i, one := range all {
		if i > 0 {
			k = append(k, docsWord{Text: " or "})
		}
		if len(one.Type) == 1 && one.Type[0] == "null" {
			k = append(k, docsWord{Text: "null"})
		} else {
			k = append(k, kindOf(one)...)
		}
	}
	return k
}

// indented is an example as JSON that people read, "" for none.
func indented(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	if several, ok := v.(either); ok {
		v = several[0]
	}
	if v == nil {
		return ""
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		panic(err) // of values of this package
	}
	return strings.TrimSpace(out.String())
}

// curl is the call on a command line.
func (r Route) curl(op *openapi.Operation) string {
	lines := []string{"curl"}
	if r.Method != "GET" && !(r.Method == "POST" && op.RequestBody != nil) {
		lines[0] += " -X " + r.Method
	}
	if r.access&open == 0 && r.access&token == 0 {
		lines = append(lines, `-H "X-API-Key: $MORAG_API_KEY"`)
	}
	switch {
	case r.about.takes&upload != 0:
		lines = append(lines, "-F file=@talk.mp3")
		for _, f := range r.exampleFields() {
			lines = append(lines, "-F "+f[0]+"="+f[1])
		}
	case op.RequestBody != nil:
		raw, _ := json.Marshal(op.RequestBody.Content[jsonMedia].Example) // of values of this package
		lines = append(lines, "-H 'Content-Type: application/json'", "-d '"+string(raw)+"'")
	}
	if r.binary() {
		lines = append(lines, "-o fetched")
	}
	return strings.Join(append(lines, "'"+r.exampleURL(op)+"'"), " \\\n  ")
}

// binary tells whether the answer is nothing to print.
func (r Route) binary() bool { return r.about.file || strings.HasPrefix(r.about.media, "image/") }

const exampleServer = "http://localhost:8000"

// exampleURL is where an example of the call goes.
func (r Route) exampleURL(op *openapi.Operation) string {
	id := map[string]string{"job_id": jobExample, "document_id": documentExample, "worker_id": workerExample, "task_id": taskExample, "vector_store_id": allDocuments, "model": speechModel, "backup_id": backupExample.ID}[named(r.Path)]
	at := exampleServer + strings.ReplaceAll(r.pattern(), "{id}", id)
	for _, p := range op.Parameters {
		if p.In == "path" && p.Example != nil {
			at = strings.ReplaceAll(at, "{"+p.Name+"}", fmt.Sprint(p.Example))
		}
	}
	query := url.Values{}
	for _, p := range op.Parameters {
		if p.In == "query" && p.Example != nil {
			query.Set(p.Name, fmt.Sprint(p.Example))
		}
	}
	if r.access&token != 0 {
		return at + "?token=…"
	}
	if len(query) == 0 {
		return at
	}
	return at + "?" + query.Encode()
}
