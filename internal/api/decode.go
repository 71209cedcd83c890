package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"

	"morag/internal/extent"
)

// The bounds of a request that carries no file and no result. What is nested deeper, or
// holds more values, is no request of an honest client, and costs every reader after us:
// deep values stack, many small ones forty times their bytes.
const (
	maxJSONBody   = 1 << 20
	maxDepth      = 100
	maxJSONValues = 50_000
)

// readJSON decodes a JSON object of at most maxJSONBody bytes. An empty body is an
// empty object. It tells of what is probably misspelt.
func readJSON(w http.ResponseWriter, r *http.Request, into any) (told []string, err error) {
	b, err := readWhole(w, r, maxJSONBody)
	if err != nil {
		return nil, err
	}
	defer b.free()
	if len(bytes.TrimSpace(b.raw)) == 0 {
		return nil, nil
	}
	if err := decodeJSON(b.raw, "the body", into); err != nil {
		return nil, err
	}
	return misspeltMembers(b.raw, reflect.TypeOf(into).Elem()), nil
}

// decodeJSON decodes raw, which the sentence calls what.
func decodeJSON(raw []byte, what string, into any) error {
	if values, depth := extent.Of(raw); values > maxJSONValues && depth <= maxDepth {
		return malformed("%s holds more than %d values", what, maxJSONValues)
	}
	return decodeLarge(raw, what, into)
}

// decodeLarge is decodeJSON for what may hold any number of values, which into keeps as
// they are written.
func decodeLarge(raw []byte, what string, into any) error {
	if _, depth := extent.Of(raw); depth > maxDepth {
		return malformed("%s is nested deeper than %d levels", what, maxDepth)
	}
	err := json.Unmarshal(raw, into)
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		if wrongType.Field == "" {
			return invalid("%s must be a JSON object", what)
		}
		return invalid("%s must be %s, not a JSON %s", wrongType.Field, kind(wrongType.Type.Kind().String()), wrongType.Value)
	}
	if err != nil {
		return malformed("%s is not valid JSON", what)
	}
	return nil
}

// kind is the JSON name of a Go kind.
func kind(name string) string {
	switch {
	case strings.HasPrefix(name, "int"), strings.HasPrefix(name, "uint"):
		return "a whole number"
	case strings.HasPrefix(name, "float"):
		return "a number"
	case name == "bool":
		return "true or false"
	case name == "string":
		return "a string"
	case name == "slice":
		return "a list"
	}
	return "an object"
}

// maxDropped is how much of a body that is too long is read and dropped, so that most
// clients come to read the answer.
const maxDropped = 8 << 20

// readWhole reads a body that must not be longer than limit.
func readWhole(w http.ResponseWriter, r *http.Request, limit int64) (*body, error) {
	b, err := readBody(r, limit)
	if errors.Is(err, errTooLong) {
		b.free()
		dropRest(w, r)
		return nil, problem(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", limit)
	}
	return b, err
}

// dropRest reads some of a body that is too long, so that a client which reads the answer
// only once it has sent all comes to it: a connection that is closed before that takes the
// answer along.
func dropRest(w http.ResponseWriter, r *http.Request) {
	_, _ = io.CopyN(io.Discard, r.Body, maxDropped)
	w.Header().Set("Connection", "close") // nobody reads what is left
}

// maxList is the most rows a list answers at a time.
const maxList = 1000
