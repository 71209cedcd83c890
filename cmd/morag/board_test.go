package main

import (
	"strings"
	"testing"
)

// Each source that is under way has a bar, and there is one for all.
func TestBarsOfSources(t *testing.T) {
	t.Parallel()
	b := newBoard(nil, 12)
	b.put(bar{"a/talk.mp3", "talk.mp3", "uploading", 0.05})
	b.put(bar{"b", strings.Repeat("long", 10), "converting", 1})
	b.put(bar{"a/talk.mp3", "talk.mp3", strings.Repeat("x", 100), 0.5})
	b.ended = 3
	want := []string{
		"talk.mp3                 ██████████░░░░░░░░░░  50% " + strings.Repeat("x", 27) + "…",
		"longlonglonglonglonglon… ████████████████████ 100% converting",
		"3 of 12                  ███████░░░░░░░░░░░░░  37%",
	}
	if got := strings.Join(b.rows(80), "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s, want\n%s", got, strings.Join(want, "\n"))
	}
	for _, source := range strings.Split("cdefghij", "") {
		b.put(bar{source, source, "", 0})
	}
	rows := b.rows(80)
	if len(rows) != maxBars+2 || rows[maxBars] != "… and 2 more" {
		t.Errorf("%d rows: %q", len(rows), rows)
	}
	for _, row := range b.rows(30) {
		if n := len([]rune(row)); n > 29 {
			t.Errorf("%q has %d characters in a terminal of 30", row, n)
		}
	}
	if got := fixed("講演の録音", 7) + "|" + fixed("講演", 6) + "|"; got != "講演の…|講演  |" {
		t.Errorf("wide characters: %q", got)
	}
	b.end("a/talk.mp3")
	if rows := b.rows(80); !strings.HasPrefix(rows[0], "longlong") || !strings.HasPrefix(rows[maxBars+1], "4 of 12") {
		t.Errorf("after an end: %q", rows)
	}
}
