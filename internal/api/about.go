package api

import "reflect"

// about is what the documents say of a row.
type about struct {
	tag     string // the group it is listed in
	summary string // one line, no full stop
	text    string // what else there is to say, Markdown

	in, out reflect.Type // of an endpoint
	takes   source       // of a submission
}
