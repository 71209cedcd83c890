package main

import (
	"reflect"
	"strings"
	"testing"
)

// What is prose is cut to fit a terminal, the widest first; ids and states stay whole.
func TestListsFitTheTerminal(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 30)
	rows := func() [][]string {
		return [][]string{{"TASK", "NAME", "STATUS", "ERROR"}, {"0123456789abcdef", long, "FAILURE", long + long}}
	}
	for width, want := range map[int][]string{
		200: {"0123456789abcdef", long, "FAILURE", long + long},
		89:  {"0123456789abcdef", long, "FAILURE", strings.Repeat("ä", 29) + "…"},
		69:  {"0123456789abcdef", strings.Repeat("ä", 19) + "…", "FAILURE", strings.Repeat("ä", 19) + "…"},
		10:  {"0123456789abcdef", strings.Repeat("ä", 11) + "…", "FAILURE", strings.Repeat("ä", 11) + "…"},
	} {
		got := rows()
		fit(got, width)
		if !reflect.DeepEqual(got[1], want) {
			t.Errorf("in %d columns: %q", width, got[1])
		}
	}
	fit(nil, 10)
}
