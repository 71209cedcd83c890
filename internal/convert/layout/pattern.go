package layout

import (
	"regexp"
	"sync"
)

// lazy compiles a regular expression when it is first needed: every process of the
// program would pay for it at its start, and few read a page.
func lazy(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
