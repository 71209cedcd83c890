package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// limitRow is a row of the table of limits that names a setting.
var limitRow = regexp.MustCompile("(?m)^\\| ([^|]+) \\| ([^|]*`(MORAG_[A-Z_]+)`[^|]*) \\|$")

// The page for operators gives the defaults that the settings have.
func TestLimitsAreTheDefaults(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, limits, found := strings.Cut(string(page), "\n## Limits\n")
	if !found {
		t.Fatal("operations.md has no limits")
	}
	limits, _, _ = strings.Cut(limits, "\n## ")
	defaults := map[string]string{}
	for _, flag := range command(t, "serve").Flags {
		for _, name := range flag.Envs {
			defaults[name] = flag.Default
		}
	}
	plain := strings.NewReplacer(",", "", " ", "")
	rows := limitRow.FindAllStringSubmatch(limits, -1)
	if len(rows) < 10 {
		t.Fatalf("only %d limits are settings", len(rows))
	}
	for _, row := range rows {
		want, known := defaults[row[3]]
		if !known || !strings.HasPrefix(plain.Replace(row[2]), want) {
			t.Errorf("%s: %s, but the default of %s is %q", row[1], row[2], row[3], want)
		}
	}
}
