package api

import (
	"fmt"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// input is how the In of an endpoint is read: its exported fields say by a tag where they
// come from, `path:"id"`, `query:"limit"` or `header:"Idempotency-Key"`, and the one with
// the tag `body` is the JSON body, an empty one being an empty object. A parameter that is
// absent or empty is the value of its tag default, else the zero value. What is unknown is
// ignored, and the answer's warnings tell of it, or its header [warningHeader].
//
// An int is brought into the bounds of its tags min and max, unless it has the tag exact:
// then what lies outside, or is no whole number, is refused. A string with the tag enum,
// values separated by spaces, is one of them in any case. Strings are copies, which may be
// kept: they hold nothing else of the request in memory.
type input struct {
	params []param
	body   []int // index of the field, nil for none
}

// param is one parameter.
type param struct {
	in, name string // path, query or header, and what it is called there
	field    []int
	number   bool
	exact    bool
	fallback string
	min, max int
	enum     []string
}

// inputOf panics when t is no struct that can be read: that is a mistake of the table,
// which is made once, when the server starts.
func inputOf(t reflect.Type) input {
	var in input
	for _, f := range reflect.VisibleFields(t) {
		if _, ok := f.Tag.Lookup("body"); ok {
			in.body = f.Index
		}
		for _, from := range []string{"path", "query", "header"} {
			if name := f.Tag.Get(from); name != "" {
				in.params = append(in.params, paramOf(from, name, f))
			}
		}
	}
	return in
}

func paramOf(from, name string, f reflect.StructField) param {
	p := param{in: from, name: name, field: f.Index, fallback: f.Tag.Get("default"), min: math.MinInt32, max: math.MaxInt32}
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String:
		p.enum = strings.Fields(f.Tag.Get("enum"))
	case reflect.Int:
		p.number = true
		p.min, p.max = bound(f, "min", p.min), bound(f, "max", p.max)
		_, p.exact = f.Tag.Lookup("exact")
	default:
		panic(fmt.Sprintf("parameter %s is a %s", name, f.Type))
	}
	return p
}

func bound(f reflect.StructField, tag string, fallback int) int {
	text, ok := f.Tag.Lookup(tag)
	if !ok {
		return fallback
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(fmt.Sprintf("%s of %s is %q", tag, f.Name, text))
	}
	return n
}

// from fills into with what the request brings. The first thing that is wrong is the
// error.
func (in input) from(w http.ResponseWriter, r *http.Request, into reflect.Value) error {
	if in.body != nil {
		told, err := readJSON(w, r, into.FieldByIndex(in.body).Addr().Interface())
		if err != nil {
			return err
		}
		callOf(r).misspelt = told
	}
	query := r.URL.Query()
	c := callOf(r)
	c.misspelt = append(c.misspelt, unknownParameters(query, in.queries())...)
	for _, p := range in.params {
		var text string
		switch p.in {
		case "path":
			text = r.PathValue(p.name)
		case "header":
			text = r.Header.Get(p.name)
		default:
			text = query.Get(p.name)
		}
		if text == "" {
			text = p.fallback
		}
		if text == "" {
			continue
		}
		if err := p.set(into.FieldByIndex(p.field), text); err != nil {
			return err
		}
	}
	return nil
}

// queries are the names of the parameters that stand in the query.
func (in input) queries() (names []string) {
	for _, p := range in.params {
		if p.in == "query" {
			names = append(names, p.name)
		}
	}
	return names
}

func (p param) set(field reflect.Value, text string) error {
	if field.Kind() == reflect.Pointer {
		field.Set(reflect.New(field.Type().Elem()))
		field = field.Elem()
	}
	if p.number {
		n, err := p.whole(text)
		field.SetInt(int64(n))
		return err
	}
	if len(p.enum) > 0 {
		i := slices.IndexFunc(p.enum, func(value string) bool { return strings.EqualFold(value, text) })
		if i < 0 {
			return invalid("%s must be one of %s", p.name, strings.Join(p.enum, ", "))
		}
		text = p.enum[i]
	}
	field.SetString(strings.Clone(text)) // else what keeps a worker's id keeps all of its request line
	return nil
}

// whole reads a number within the bounds.
func (p param) whole(text string) (int, error) {
	n, err := strconv.ParseFloat(text, 64)
	if p.exact {
		if err != nil || n != math.Trunc(n) || n < float64(p.min) || n > float64(p.max) {
			return 0, invalid("%s must be a whole number from %d to %d", p.name, p.min, p.max)
		}
		return int(n), nil
	}
	if err != nil || n != n {
		return 0, invalid("%s must be a number", p.name)
	}
	return int(min(max(n, float64(p.min)), float64(p.max))), nil
}
