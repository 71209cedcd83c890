package api

import (
	"context"
	"net/http"
	"reflect"
)

// submission is what a call brings that hands in a source: a form, multipart, urlencoded
// or JSON, the options in it, and perhaps a file.
type submission struct {
	repeatable
	form *form
	*options
}

// submit is a row whose request is a [submission]. A file is stored while it arrives,
// whatever comes before or after it. serve keeps it by [form.keep]; else it is gone when
// the answer is given.
func submit[Out any](s *Server, path string, takes source, serve func(ctx context.Context, c *call, q submission) (Out, error), d about) Route {
	d.takes, d.in, d.out = takes, reflect.TypeFor[repeatable](), reflect.TypeFor[Out]()
	_, d.warns = warnings(reflect.New(d.out).Elem())
	return Route{Method: http.MethodPost, Path: path, access: client | intake, about: d, serve: func(w http.ResponseWriter, r *http.Request) error {
		out, err := submitted(s, w, r, takes, serve)
		if err != nil {
			return err
		}
		warn(reflect.ValueOf(&out).Elem(), strayParameters(r.URL.Query()))
		return writeJSON(w, http.StatusOK, out)
	}}
}

func submitted[Out any](s *Server, w http.ResponseWriter, r *http.Request, takes source, serve func(ctx context.Context, c *call, q submission) (Out, error)) (out Out, err error) {
	f, err := s.readForm(w, r)
	if err != nil {
		return out, err
	}
	defer s.discard(r.Context(), f)
	if f.file != nil && takes&upload == 0 {
		return out, invalid("file is not taken here: name an address in url")
	}
	o, err := readOptions(f.fields)
	if f.free != nil { // what is left of it is what it asks for
		f.free()
	}
	if err != nil {
		return out, err
	}
	q := submission{repeatable: repeatable{r.Header.Get("Idempotency-Key")}, form: f, options: o}
	return serve(r.Context(), callOf(r), q)
}

// source says where the source of a submission may be, a bit each.
type source uint8

const (
	upload  source = 1 << iota // in the form field file
	address                    // at the address in url
	list                       // at the addresses in items
)
