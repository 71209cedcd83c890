package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"morag/internal/job"
	"morag/internal/option"
)

// limitRow is a row of the table of limits that names a setting.
var limitRow = regexp.MustCompile("(?m)^\\| ([^|]+) \\| ([^|]*`(MORAG_[A-Z_]+)`[^|]*) \\|$")

// spoken is a default that a sentence gives: `MORAG_X` (300 s).
var spoken = regexp.MustCompile("`(MORAG_[A-Z_]+)`\\s\\(([0-9,]+) (?:s|seconds)\\)")

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
	for _, program := range []string{"worker", "serve"} {
		for _, flag := range command(t, program).Flags {
			for _, name := range flag.Envs {
				defaults[name] = flag.Default
			}
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
	sentences := spoken.FindAllStringSubmatch(string(page), -1)
	if len(sentences) == 0 {
		t.Error("no sentence tells a default")
	}
	for _, s := range sentences {
		if want := defaults[s[1]]; plain.Replace(s[2]) != want {
			t.Errorf("%s, but the default is %q", s[0], want)
		}
	}
}

var (
	fromTo    = regexp.MustCompile(`(-?[0-9]+) to ([0-9]+)`)
	remoteFor = regexp.MustCompile(`^Seconds a remote ([a-z]+) job may take \(default ([0-9]+)\)`)
)

// What the help says of bounds and of defaults that no flag shows is what holds.
func TestHelpTellsWhatHolds(t *testing.T) {
	t.Parallel()
	bounded := 0
	for _, row := range option.Rows() {
		found := fromTo.FindStringSubmatch(row.Help)
		if found == nil {
			continue
		}
		bounded++
		if want := []string{strconv.Itoa(row.Min), strconv.Itoa(row.Max)}; !slices.Equal(found[1:], want) {
			t.Errorf("the help of --%s says %q, but it is from %s", row.Option, row.Help, strings.Join(want, " to "))
		}
	}
	if bounded < 4 {
		t.Errorf("only %d options tell their bounds", bounded)
	}
	timeouts := 0
	for _, flag := range command(t, "serve").Flags {
		found := remoteFor.FindStringSubmatch(flag.Help)
		if found == nil {
			continue
		}
		timeouts++
		if want := (job.Policy{}).TimeoutFor(found[1]).Seconds(); found[2] != fmt.Sprint(want) {
			t.Errorf("the help of --%s says %q, but it is %v", flag.Name, flag.Help, want)
		}
	}
	if timeouts != 6 {
		t.Errorf("%d types tell their timeout, want 6", timeouts)
	}
}
