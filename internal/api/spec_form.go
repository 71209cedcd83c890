package api

import (
	"morag/internal/openapi"
	"morag/internal/option"
)

// form is what a submission sends: the same in the three content types that are taken, but
// that a file comes in a multipart form alone, and that objects and lists are text in a
// form.
func (r Route) form(schemas *openapi.Schemas) *openapi.RequestBody {
	if r.about.options == nil {
		return &openapi.RequestBody{Required: true, Content: map[string]openapi.MediaType{"multipart/form-data": {Schema: r.own(true, true)}}}
	}
	flat := schemas.Add(r.about.options.name+"Form", r.about.options.schema(true))
	nested := schemas.Add(r.about.options.name+"Options", r.about.options.schema(false))
	out := &openapi.RequestBody{Required: true, Content: map[string]openapi.MediaType{
		"multipart/form-data": {Schema: both(flat, r.own(true, true))},
	}}
	if r.about.takes == upload {
		return out
	}
	out.Content["application/x-www-form-urlencoded"] = openapi.MediaType{Schema: both(flat, r.own(true, false))}
	own := r.own(false, false)
	out.Content[jsonMedia] = openapi.MediaType{Schema: both(nested, own), Example: exampleOf(own)}
	return out
}

func both(a, b *openapi.Schema) *openapi.Schema {
	return &openapi.Schema{AllOf: []*openapi.Schema{b, a}}
}

// exampleOf has an example for the members that have one.
func exampleOf(s *openapi.Schema) map[string]any {
	example := map[string]any{}
	for name, member := range s.Properties {
		if len(member.Examples) > 0 && (name != "content_type" && name != "source_type") {
			example[name] = member.Examples[0]
		}
	}
	return example
}

const tides = "https://example.org/tides"

// own are the members that a call has besides the options: the source first.
func (r Route) own(inForm, multipart bool) *openapi.Schema {
	out := &openapi.Schema{Type: openapi.Types{"object"}, Properties: map[string]*openapi.Schema{}}
	add := func(name string, required bool, s *openapi.Schema) {
		out.Properties[name], out.Order = s, append(out.Order, name)
		if required {
			out.Required = append(out.Required, name)
		}
	}
	takes := r.about.takes
	if takes&upload != 0 && multipart {
		add("file", takes == upload, &openapi.Schema{Type: openapi.Types{"string"}, Format: "binary", Description: "the source"})
	}
	if takes&address != 0 {
		add("url", takes == address, &openapi.Schema{Type: openapi.Types{"string"}, Format: "uri", Description: "the source", Examples: []any{tides}})
	}
	switch {
	case takes&list != 0 && inForm:
		add("items", takes == list, jsonText("the sources: a list of objects, each with its url and its own options"))
	case takes&list != 0:
		add("items", takes == list, itemsSchema(takes == list))
	}
	for _, f := range r.about.fields {
		s := &openapi.Schema{Type: openapi.Types{"string"}, Description: f.doc, Examples: []any{f.example}}
		for _, v := range f.values {
			s.Enum = append(s.Enum, v)
		}
		add(f.name, f.required && !inForm, s)
	}
	return out
}

func itemsSchema(withExample bool) *openapi.Schema {
	s := &openapi.Schema{
		Type: openapi.Types{"array"}, MinItems: new(1), MaxItems: new(maxItems), Description: "the sources, each with its url and its own options",
		Items: &openapi.Schema{
			Type: openapi.Types{"object"}, Required: []string{"url"}, Order: []string{"url"},
			Properties: map[string]*openapi.Schema{"url": {Type: openapi.Types{"string"}, Format: "uri"}},
		},
	}
	if withExample {
		s.Examples = []any{[]any{map[string]any{"url": tides}}}
	}
	return s
}

// jsonText is a field of a form that holds JSON.
func jsonText(doc string) *openapi.Schema {
	return &openapi.Schema{Type: openapi.Types{"string"}, ContentMediaType: jsonMedia, Description: doc}
}

// schema is that of the options, from the table of options.
func (h *heeded) schema(inForm bool) *openapi.Schema {
	out := &openapi.Schema{Type: openapi.Types{"object"}, Properties: map[string]*openapi.Schema{}}
	add := func(name string, s *openapi.Schema) {
		out.Properties[name], out.Order = s, append(out.Order, name)
	}
	for _, row := range option.Rows(h.parts...) {
		add(row.Name, schemaOf(row, inForm))
	}
	if inForm {
		add("request_data", jsonText("all that is asked for in one object; a field of the form comes before it"))
		add("options", jsonText("the same, by another name"))
	} else {
		add("options", &openapi.Schema{Type: openapi.Types{"object"}, Description: "options may stand in here, too"})
	}
	return out
}

// schemaOf is an option's schema, from its row.
func schemaOf(row option.Row, inForm bool) *openapi.Schema {
	if row.Kind == option.Object && inForm {
		return jsonText(row.Help)
	}
	s := &openapi.Schema{Type: openapi.Types{string(row.Kind)}, Description: row.Help, Default: row.Unset, Format: row.Format}
	if s.Format == "header" {
		s.Format = ""
	}
	if row.Example != nil && !row.Secret {
		s.Examples = []any{row.Example}
	}
	if row.Pattern != nil {
		s.Pattern = row.Pattern.String()
	}
	for _, v := range row.Values {
		s.Enum = append(s.Enum, v)
	}
	if row.Kind == option.Number {
		s.Minimum, s.Maximum = new(row.Min), new(row.Max)
	}
	if row.Kind == option.Text && row.Max > 0 {
		s.MaxLength = new(row.Max)
	}
	return s
}
