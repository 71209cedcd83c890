package api

import (
	"reflect"

	"morag/internal/option"
)

// about is what the documents say of a row. What the row itself shows is not said again:
// who may call, its parameters, its body and its answer by their types, and the refusals
// that every call may meet.
type about struct {
	id      string  // names the call in generated clients
	tag     string  // the group it is listed in
	summary string  // one line, no full stop
	text    string  // what else there is to say
	fails   []error // what it may return of the table of sentences

	// sends and gets are examples of the body and of the answer; where the row does not
	// show their types, theirs are those.
	sends, gets any
	// media is the content type of an answer that is not always JSON, or are several with
	// spaces between them, and file says that it is a file, which is read in ranges.
	media string
	file  bool
	// bare are answers without a body, by their status, in place of the one with 200.
	bare map[int]string
	// also is answered with the same value for another state of things.
	also int

	options *heeded // by a submission
	fields  []field // what it takes besides them

	in, out reflect.Type
	warns   bool   // out has a member for what of the request is unknown
	takes   source // where a submission may have its source
}

// heeded are the options that a submission heeds, and what the documents call them.
type heeded struct {
	name  string
	parts []option.Part
}

// field is one that a submission has besides the options.
type field struct {
	name, doc string
	values    []string // nil for any
	example   any
	required  bool
}

// either is an answer that is one of several.
type either []any
