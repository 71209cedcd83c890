package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// What is prose is cut to fit a terminal, the widest first; ids and states stay whole.
func TestListsFitTheTerminal(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 30)
	rows := func() [][]string {
		return [][]string{{"TASK", "NAME", "STATUS", "MESSAGE"}, {"0123456789abcdef", long, "FAILURE", long + long}}
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

// A narrow terminal does without what is lesser, and no line is broken.
func TestNarrowListsLeaveColumnsOut(t *testing.T) {
	t.Parallel()
	rows := [][]string{
		{"TASK", "TYPE", "NAME", "STATUS", "STAGE", "PROGRESS", "CREATED", "DOCUMENT", "MESSAGE"},
		{"339cc0ab", "document", strings.Repeat("n", 40), "PROGRESS", "waiting_for_remote_completion", "40%", "2026-11-27 21:22:14", "8bb0510a", strings.Repeat("e", 90)},
	}
	for width, want := range map[int]string{
		300: "TASK TYPE NAME STATUS STAGE PROGRESS CREATED DOCUMENT MESSAGE",
		120: "TASK TYPE NAME STATUS PROGRESS CREATED DOCUMENT MESSAGE",
		80:  "TASK TYPE NAME STATUS PROGRESS DOCUMENT MESSAGE",
		60:  "TASK NAME STATUS DOCUMENT MESSAGE",
	} {
		got := fitting(slices.Clone(rows), width)
		if heads := strings.Join(got[0], " "); heads != want {
			t.Errorf("in %d columns: %s", width, heads)
		}
		whole := -gap
		for i := range got[0] {
			whole += widest(got, i) + gap
		}
		if whole > width {
			t.Errorf("in %d columns a line has %d", width, whole)
		}
	}
}
