package openapi

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Schemas makes schemas of Go types and keeps those of named structs by their name, so
// that others refer to them. The zero value is ready for use.
//
// A field is required unless it has omitempty, and may be null when it is a pointer
// without omitempty. Embedded structs are part of their parent, as in JSON. Tags say what
// a type cannot:
//
//	doc           what it is
//	enum          the values that a string may have, separated by spaces
//	min, max      bounds of a number, or of the length of a list or a string
//	format        of a string
//	pattern       of a string
//	default       what holds when it is absent
//	example       a value that is allowed
//	schema        of a raw JSON value: the names of schemas, or object, array, string or
//	              null, separated by spaces, any of which it may be; []name is a list
type Schemas struct {
	named map[string]*Schema
	types map[string]reflect.Type
}

// All are the schemas of the named structs met so far.
func (s *Schemas) All() map[string]*Schema { return s.named }

// Add keeps a schema by a name, which no type has, and refers to it.
func (s *Schemas) Add(name string, schema *Schema) *Schema {
	if s.named == nil {
		s.named, s.types = map[string]*Schema{}, map[string]reflect.Type{}
	}
	s.named[name] = schema
	return Ref(name)
}

var (
	timeType = reflect.TypeFor[time.Time]()
	rawType  = reflect.TypeFor[json.RawMessage]()
)

// Of returns the schema of values of t. It panics when t holds what has none here: that is
// a mistake of the program, which its first test shows.
func (s *Schemas) Of(t reflect.Type) *Schema {
	switch t {
	case timeType:
		return &Schema{Type: Types{"string"}, Format: "date-time"}
	case rawType:
		return &Schema{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.Of(t.Elem())
	case reflect.Interface:
		return &Schema{}
	case reflect.String:
		return &Schema{Type: Types{"string"}}
	case reflect.Bool:
		return &Schema{Type: Types{"boolean"}}
	case reflect.Int:
		return &Schema{Type: Types{"integer"}}
	case reflect.Int64:
		return &Schema{Type: Types{"integer"}, Format: "int64"}
	case reflect.Float64:
		return &Schema{Type: Types{"number"}}
	case reflect.Slice:
		return &Schema{Type: Types{"array"}, Items: s.Of(t.Elem())}
	case reflect.Map:
		return &Schema{Type: Types{"object"}, AdditionalProperties: s.Of(t.Elem())}
	case reflect.Struct:
		return s.ofStruct(t)
	}
	panic(fmt.Sprintf("openapi: no schema for %s", t))
}

func (s *Schemas) ofStruct(t reflect.Type) *Schema {
	if t.Name() == "" {
		return s.object(t)
	}
	if other := s.types[t.Name()]; other != nil && other != t {
		panic(fmt.Sprintf("openapi: %s and %s have one name", t, other))
	}
	if s.types[t.Name()] == nil {
		s.Add(t.Name(), nil)
		s.types[t.Name()] = t // before its fields, which may refer to it
		s.Add(t.Name(), s.object(t))
	}
	return Ref(t.Name())
}

// object is the schema of a struct's fields.
func (s *Schemas) object(t reflect.Type) *Schema {
	out := &Schema{Type: Types{"object"}, Properties: map[string]*Schema{}}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" || !f.IsExported() || name == "-" {
			continue
		}
		optional := slices.Contains(strings.Split(options, ","), "omitempty")
		field := s.Tagged(f)
		if f.Type.Kind() == reflect.Pointer && !optional {
			field = Nullable(field)
		}
		if out.Properties[name] == nil {
			out.Order = append(out.Order, name)
		}
		out.Properties[name] = field
		if !optional {
			out.Required = append(out.Required, name)
		}
	}
	return out
}

// Tagged is the schema of a field by its type and its tags.
func (s *Schemas) Tagged(f reflect.StructField) *Schema {
	var out *Schema
	if names := f.Tag.Get("schema"); names != "" {
		out = anyOf(strings.Fields(names))
	} else {
		out = s.Of(f.Type)
	}
	if out.Ref != "" {
		out = &Schema{Ref: out.Ref} // a copy: a reference may have a description beside it
	}
	out.Description = f.Tag.Get("doc")
	out.Format = firstOf(f.Tag.Get("format"), out.Format)
	out.Pattern = f.Tag.Get("pattern")
	for _, value := range strings.Fields(f.Tag.Get("enum")) {
		out.Enum = append(out.Enum, value)
	}
	least, most := whole(f, "min"), whole(f, "max")
	switch {
	case slices.Contains(out.Type, "string"):
		out.MinLength, out.MaxLength = least, most
	case slices.Contains(out.Type, "array"):
		out.MinItems, out.MaxItems = least, most
	default:
		out.Minimum, out.Maximum = least, most
	}
	out.Default = Value(f, "default")
	if example := Value(f, "example"); example != nil {
		out.Examples = []any{example}
	}
	return out
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func anyOf(names []string) *Schema {
	var all []*Schema
	for _, name := range names {
		all = append(all, byName(name))
	}
	if len(all) == 1 {
		return all[0]
	}
	return &Schema{AnyOf: all}
}

func byName(name string) *Schema {
	if of, list := strings.CutPrefix(name, "[]"); list {
		return &Schema{Type: Types{"array"}, Items: byName(of)}
	}
	switch name {
	case "object", "array", "string", "null":
		return &Schema{Type: Types{name}}
	case "map": // an object of any members
		return &Schema{Type: Types{"object"}, AdditionalProperties: &Schema{}}
	}
	return Ref(name)
}

func whole(f reflect.StructField, tag string) *int {
	text, ok := f.Tag.Lookup(tag)
	if !ok {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(fmt.Sprintf("openapi: %s of %s is %q", tag, f.Name, text))
	}
	return &n
}

// Value is the tag of a field as a value of the field's kind, nil without the tag.
func Value(f reflect.StructField, tag string) any {
	text, ok := f.Tag.Lookup(tag)
	if !ok {
		return nil
	}
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.String || t == timeType {
		return text
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		panic(fmt.Sprintf("openapi: %s of %s is %q", tag, f.Name, text))
	}
	return v
}
