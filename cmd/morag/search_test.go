package main

import (
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
