package api

import (
	"net/http"
	"reflect"

	"morag/internal/dispatch"
)

// Routes is the table, for tests that go through all of it.
func Routes() []Route { return (&Server{}).routes() }

// maxSecretBytes is the bound of secrets in package option's table.
const maxSecretBytes = 1 << 10

// decodePoll reads a worker's question as the route does.
func decodePoll(r *http.Request) (p dispatch.Poll, err error) {
	var in polled
	if err := inputOf(reflect.TypeFor[polled]()).from(nil, r, reflect.ValueOf(&in).Elem()); err != nil {
		return p, err
	}
	p, err = in.question()
	p.Version = userAgent(r)
	return p, err
}

// Specification is the document of the table.
func Specification() []byte { return (&Server{Config: Config{Version: "test"}}).specify()() }
