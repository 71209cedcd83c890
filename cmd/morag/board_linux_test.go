package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"morag/internal/app/apptest"
)

// On a terminal several sources have a bar each and one for all, which make room for a line
// about each that has ended, and are gone in the end.
func TestSourcesHaveBarsOnATerminal(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	dir := t.TempDir()
	for _, name := range []string{"lake.txt", "note.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("The "+name+" is deep."), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := onTerminal(t, []string{"MORAG_API_BASE_URL=" + s.URL}, "ingest", "--wait",
		filepath.Join(dir, "lake.txt"), filepath.Join(dir, "note.txt"), filepath.Join(dir, "missing.txt"))
	for _, want := range []string{
		`lake\.txt +█*░* +\d+% `, `note\.txt +█*░* +\d+% `, `\d of 3 +█*░* +\d+%`,
		`/lake\.txt: document [0-9a-f]{8}: converted locally in [0-9.]+ s, \d+ characters in 1 chunk\r\n`, `/note\.txt: document `,
		`morag: \S+/missing\.txt: .*no such file or directory\r\n`, `morag: 1 of 3 sources were not ingested\r\n$`,
	} {
		if !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s is not shown in\n%q", want, got)
		}
	}
	if shown := visibleOn(got); strings.ContainsAny(shown, "█░\x1b") || strings.Count(shown, "\n") != 4 {
		t.Errorf("in the end the terminal shows\n%s", shown)
	}
}

// visibleOn is what stays of what was written to a terminal that knows no other movement
// than up some lines and clearing from there.
func visibleOn(written string) string {
	up := regexp.MustCompile(`^\x1b\[(\d+)A\x1b\[J`)
	var lines []string
	for _, line := range strings.SplitAfter(written, "\n") {
		for found := up.FindStringSubmatch(line); found != nil; found = up.FindStringSubmatch(line) {
			n := 0
			for _, digit := range found[1] {
				n = n*10 + int(digit-'0')
			}
			lines = lines[:max(len(lines)-n, 0)]
			line = line[len(found[0]):]
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}
