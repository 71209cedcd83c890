package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"morag/internal/content"
)

// file makes a file for a test.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// call runs the program without the environment's settings.
func call(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, nil, streams{out: &stdout, err: &stderr})
	return code, stdout.String(), stderr.String()
}

// Commands of one's own may be given as YAML, and as JSON.
func TestConvertWithOwnCommand(t *testing.T) {
	t.Parallel()
	plan := file(t, "house.plan", "# Two rooms")
	for name, setting := range map[string][]string{
		"in the file": {"--config", file(t, "morag.yaml", "commands:\n  plan: [cat, '{input}']\n")},
		"as a flag":   {"--commands", `{"plan": ["cat", "{input}"]}`},
	} {
		args := append([]string{"convert", "--type", "plan", "--json", plan}, setting...)
		code, out, errs := call(t, args...)
		var doc struct {
			Content  string
			Metadata map[string]any
		}
		if err := json.Unmarshal([]byte(out), &doc); err != nil || code != 0 || doc.Content != "# Two rooms" || doc.Metadata["engine"] != "cat" {
			t.Errorf("%s: exit %d, %s%s", name, code, out, errs)
		}
	}
}

// The JSON of a conversion has all that came of it, and -o writes it to a file.
func TestConvertJSON(t *testing.T) {
	t.Parallel()
	result := `{"content": "Hello", "metadata": {"title": "T"}, "segments": [{"start": 1, "end": 2, "text": "Hello"}],
		"thumbnails": ["data:image/png;base64,AA=="], "warnings": ["half of it"]}`
	to := filepath.Join(t.TempDir(), "out.json")
	code, out, errs := call(t, "convert", "--type", "plan", "--json", "-o", to, "--commands", `{"plan": ["cat", "{input}"]}`, file(t, "a.plan", result))
	raw, err := os.ReadFile(to)
	if code != 0 || out != "" || err != nil || !strings.Contains(errs, "warning: half of it") || !strings.Contains(errs, "100%") {
		t.Fatalf("exit %d, %q, %q, %v", code, out, errs, err)
	}
	var doc content.Document
	if err := json.Unmarshal(raw, &doc); err != nil || doc.Content != "Hello" || doc.Metadata["title"] != "T" ||
		len(doc.Segments) != 1 || len(doc.Thumbnails) != 1 || len(doc.Warnings) != 1 {
		t.Errorf("%s, %v", raw, err)
	}
}

func TestWrongCommandsAreRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a line": "commands:\n  plan: cat {input}\n", "a list": "commands: [cat]\n", "a number": "commands: 7\n", "no input": "commands: {plan: [cat]}\n",
	} {
		code, _, errs := call(t, "doctor", "--config", file(t, "morag.yaml", text))
		if code == 0 || strings.Count(errs, "\n") != 1 || !strings.Contains(strings.ToLower(errs), "commands: ") {
			t.Errorf("%s: exit %d, %q", name, code, errs)
		}
	}
}

// Only files beside a recording that have its name are its subtitles.
func TestSidecars(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"talk.mp3", "talk.srt", "talk.de.VTT", "talk.ass", "talk.txt", "talks.srt", "a.talk.srt", "talk.a.b.srt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{filepath.Join(dir, "talk.ass"), filepath.Join(dir, "talk.de.VTT"), filepath.Join(dir, "talk.srt")}
	if got := sidecars(filepath.Join(dir, "talk.mp3")); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
