package markdown_test

import (
	"strings"
	"testing"

	"morag/internal/convert/document/documenttest"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		raw         string
		title, lang any
	}{
		{"# Title\n\ntext", "Title", nil},
		{"text\n\n## The *second* `level` [link](http://x) ##\n", "The second level link", nil},
		{"A title\n=======\n\ntext", "A title", nil},
		{"```\n# a comment\n```\n\n# Real", "Real", nil},
		{"    # indented code\n\n# Real", "Real", nil},
		{"---\ntitle: \"From: above\"\nauthor: [A, B]\ndate: 2024-01-02\nlang: de\n---\n\n# Heading\n", "From: above", "de"},
		{"---\nno: title\n---\n\n# Heading\n", "Heading", nil},
		{"---\n: [broken\n---\n\n# Heading\n", "Heading", nil},
		{"---\nnot closed\n\n# Heading\n", nil, nil},
		{"#hashtag\n\nno heading", nil, nil},
		{"#\n\n# Real", "Real", nil},
		{"\n---\n\ntext", nil, nil},
	} {
		doc := documenttest.Must(t, "a.md", tt.raw)
		if doc.Content != strings.TrimRight(tt.raw, "\n") {
			t.Errorf("%q became %q", tt.raw, doc.Content)
		}
		if doc.Metadata["title"] != tt.title || doc.Metadata["language"] != tt.lang {
			t.Errorf("%q: metadata %v", tt.raw, doc.Metadata)
		}
	}
	meta := documenttest.Must(t, "a.md", "---\nauthor: [A, B]\ndate: 2024-01-02\n---\n").Metadata
	if meta["author"] != "A, B" || meta["created"] != "2024-01-02T00:00:00Z" {
		t.Errorf("%v", meta)
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	documenttest.Conformance(t, "a.md", []byte("# Notes\n\nSome text\n"), false)
}
