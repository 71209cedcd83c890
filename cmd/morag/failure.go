package main

import "fmt"

// failures are what went wrong with some of several things.
type failures struct {
	std    streams
	server string // that was called
	all    int    // things there are
	first  error
	count  int
	usage  int // of those, what is called wrongly
}

// add tells of a failure in a line, unless the thing is the only one: then it is the
// command's own error.
func (f *failures) add(name string, err error) {
	if f.count++; f.first == nil {
		f.first = err
	}
	if isUsage(err) {
		f.usage++
	}
	if f.all > 1 {
		fmt.Fprintf(f.std.err, "morag: %s: %s\n", oneLine(name), explain(err, f.server))
	}
}

// err is nil when nothing failed, the failure of the only thing, or counts them. That all
// were called wrongly is a wrong call.
func (f *failures) err(what string) error {
	if f.count == 0 || f.all <= 1 {
		return f.first
	}
	err := fmt.Errorf("%d of %d %s", f.count, f.all, what)
	if f.usage == f.all {
		return usageError{err}
	}
	return err
}
