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
	_, d.warns = warnings(reflect.New(d.out).Elem())
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

// warnings is the member of an answer that warns.
func warnings(out reflect.Value) (member reflect.Value, there bool) {
	if out.Kind() != reflect.Struct {
		return member, false
	}
	member = out.FieldByName("Warnings")
	return member, member.IsValid()
}

// warn adds to the warnings of an answer, if it has any.
func warn(out reflect.Value, sentences []string) {
	if member, there := warnings(out); there && len(sentences) > 0 {
		member.Set(reflect.AppendSlice(reflect.ValueOf(sentences), member))
	}
}

// warningHeader has a line for each thing of a request that is unknown, where the answer
// itself has no room for warnings.
const warningHeader = "Morag-Warning"

func warnByHeader(h http.Header, sentences []string) {
	for _, sentence := range sentences {
		h.Add(warningHeader, sentence)
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
		if !d.warns {
			warnByHeader(w.Header(), callOf(r).misspelt)
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
