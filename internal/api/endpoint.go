package api

import (
	"context"
	"net/http"
	"reflect"
)

// endpoint is a row whose answer is one JSON value: In is read from the request, serve is
// a plain function that knows nothing of HTTP, and Out is written. In is a struct; [input]
// says how its fields are filled. A method check() of In refuses what no single field can.
func endpoint[In, Out any](method, path string, a access, serve func(ctx context.Context, c *call, in In) (Out, error), d about) Route {
	d.out = reflect.TypeFor[Out]()
	return stream(method, path, a, func(w http.ResponseWriter, r *http.Request, in In) error {
		c := callOf(r)
		out, err := serve(r.Context(), c, in)
		if err != nil {
			return err
		}
		warn(reflect.ValueOf(&out).Elem(), c.misspelt)
		return reply(w, r, out)
	}, d)
}

// warn adds to the warnings of an answer, if it has any.
func warn(out reflect.Value, sentences []string) {
	if len(sentences) == 0 || out.Kind() != reflect.Struct {
		return
	}
	if field := out.FieldByName("Warnings"); field.IsValid() {
		field.Set(reflect.AppendSlice(reflect.ValueOf(sentences), field))
	}
}

// stream is a row that reads or writes more than one JSON value, or not at once. It does
// so by itself; what about tells of it nothing else does. Its In has no body.
func stream[In any](method, path string, a access, serve func(w http.ResponseWriter, r *http.Request, in In) error, d about) Route {
	d.in = reflect.TypeFor[In]()
	read := inputOf(d.in)
	return Route{Method: method, Path: path, access: a, about: d, serve: func(w http.ResponseWriter, r *http.Request) error {
		var in In
		if err := read.from(w, r, reflect.ValueOf(&in).Elem()); err != nil {
			return err
		}
		if checked, ok := any(in).(interface{ check() error }); ok {
			if err := checked.check(); err != nil {
				return err
			}
		}
		return serve(w, r, in)
	}}
}

// none is the In of a call that takes nothing.
type none struct{}

// beginning is what lists take of things that have ids.
type beginning struct {
	IDPrefix string `query:"id_prefix" doc:"only what has an id that begins like this"`
}

// page is what every list takes.
type page struct {
	Limit  int    `query:"limit" default:"100" min:"1" max:"1000" doc:"how many at most"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before; without it the list begins"`
}
