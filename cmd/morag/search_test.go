package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/wire"
)

// A hit names its source and where in it something stands.
func TestHitsAreNamed(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	for want, h := range map[string]wire.Hit{
		"talk.mp3 (audio d), at 00:01:05": {
			DocumentID: "d", Document: wire.HitDocument{Name: text("talk.mp3"), ContentType: "audio"}, Metadata: []byte(`{"start":65.9}`),
		},
		"a.pdf, “Of \\x1b[31mlakes” (document d), page 3": {
			DocumentID: "d", Document: wire.HitDocument{Name: text("a.pdf"), Title: text("Of \x1b[31mlakes"), ContentType: "document"},
			Metadata: []byte(`{"page":3}`),
		},
		"document d": {DocumentID: "d"}, // of an older server
	} {
		if got := source(h, short) + place(h.Metadata); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// What was looked for is marked on a terminal, and nothing of a stranger's is obeyed.
func TestSnippetsAreMarked(t *testing.T) {
	t.Parallel()
	h := wire.Hit{
		Content: "Überall. Ein\nReiher\x1b[2J am See.", Snippet: "Ein\nReiher\x1b[2J am See.",
		Highlights: [][]int{{0, 7}, {13, 19}, {27, 30}, {90, 95}, {3}},
	}
	if got, want := snippet(h, true), "Ein "+markOn+"Reiher"+markOff+`\x1b[2J am `+markOn+"See"+markOff+"."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := snippet(h, false), `Ein Reiher\x1b[2J am See.`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A terminal obeys the marks, and no control character of a document.
func TestFoundOnATerminal(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "screen"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text := "A heron\x1b[2J."
	found := wire.Found{Results: []wire.Hit{{
		DocumentID: "d\x1b[2J", Content: text, Snippet: text, Highlights: [][]int{{2, 7}}, Before: []string{"\x1b[2J"},
		Document: wire.HitDocument{ContentType: "a\x1b[2J"},
	}}}
	if err := printFound(streams{out: &screen{to: f}, err: io.Discard}, found); err != nil {
		t.Fatal(err)
	}
	shown, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(shown), "A "+markOn+"heron"+markOff+`\x1b[2J.`) || strings.Count(string(shown), "\x1b") != 2 {
		t.Errorf("%q", shown)
	}
}

func TestHitsSayWhere(t *testing.T) {
	t.Parallel()
	start, page := 65.9, 3
	for want, h := range map[string]wire.Hit{
		", at 00:01:05, Ada":    {Start: &start, Speaker: "Ada", Metadata: wire.Object(`{"start": 1}`)},
		", page 3, under A › B": {Page: &page, Heading: "A › B"},
		", at 00:00:01":         {Metadata: wire.Object(`{"start": 1}`)},
		"":                      {},
	} {
		if got := where(h); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
