package main

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
)

// offered are the words that a shell is told after these, without what they are.
func offered(t *testing.T, words ...string) []string {
	t.Helper()
	var out bytes.Buffer
	if code := run(context.Background(), append([]string{completeWord}, words...), nil, streams{out: &out, err: &out}); code != 0 {
		t.Fatalf("exit code %d: %s", code, &out)
	}
	var all []string
	for line := range strings.Lines(out.String()) {
		word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		all = append(all, word)
	}
	return all
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		words []string
		want  []string
	}{
		{[]string{"tasks", "re"}, []string{"retry", "redeliver"}},
		{[]string{"tasks", "list", "--json", "--stat"}, []string{"--status"}},
		{[]string{"tasks", "list", "--status", "S"}, []string{"SUCCESS"}},
		{[]string{"tasks", "list", "--status=S"}, []string{"--status=SUCCESS"}},
		{[]string{"tasks", "list", "--status", "=", "S"}, []string{"SUCCESS"}},
		{[]string{"tasks", "list", "--status", "SUCCESS", "--stat"}, []string{"--status"}},
		{[]string{"--config", ""}, []string{anyFile}},
		{[]string{"--config", "x.yaml", "tasks", "sh"}, []string{"show"}},
		{[]string{"documents", "export", "talk-7", "--format", "v"}, []string{"vtt"}},
		{[]string{"ingest", "--wait", ""}, []string{anyFile}},
		{[]string{"ingest", "a.pdf", ""}, []string{anyFile}},
		{[]string{"ingest", "--", "--wa"}, []string{anyFile}},
		{[]string{"completion", "f"}, []string{"fish"}},
		{[]string{"completion", "fish", ""}, nil},
		{[]string{"search", "--limit", ""}, nil},
		{[]string{"no-such-command", "x", "--no-such-flag", "no-such-command-"}, nil},
		{[]string{"convert-eng"}, nil}, // hidden
	} {
		if got := offered(t, tt.words...); !slices.Equal(got, tt.want) {
			t.Errorf("morag %s: %q, want %q", strings.Join(tt.words, " "), got, tt.want)
		}
	}
	for _, first := range [][]string{offered(t), offered(t, "")} {
		if !slices.Contains(first, "ingest") || slices.Contains(first, "convert-engine") {
			t.Errorf("the commands are %q", first)
		}
	}
}
