package document_test

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"morag/internal/content"
	"morag/internal/convert"
)

func TestTextEncodings(t *testing.T) {
	t.Parallel()
	const text = "Grüße aus Köln – 20 €, déjà vu"
	for name, encoder := range map[string]interface {
		String(string) (string, error)
	}{
		"windows-1252":           charmap.Windows1252.NewEncoder(),
		"UTF-8 with a mark":      unicode.UTF8BOM.NewEncoder(),
		"UTF-16 little with":     unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder(),
		"UTF-16 big with":        unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder(),
		"UTF-16 little without":  unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder(),
		"UTF-16 big without":     unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder(),
		"UTF-32 with":            utf32.UTF32(utf32.LittleEndian, utf32.UseBOM).NewEncoder(),
		"UTF-8 without any mark": unicode.UTF8.NewEncoder(),
	} {
		raw, err := encoder.String(text)
		if err != nil {
			t.Fatal(err)
		}
		src := file(t, "a.txt", []byte(raw))
		src.MIME = "text/plain"
		doc, err := convertFile(t, src, convert.Options{})
		if err != nil || doc.Content != text {
			t.Errorf("%s: %v, %v", name, doc, err)
		}
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"one\r\ntwo\rthree\n\n": "one\ntwo\nthree",
		"* as it is *":          "* as it is *",
		"cut in a rune: Grüße, schöne grüße für ä\xc3": "cut in a rune: Grüße, schöne grüße für ä\uFFFD",
		" \n\f\n": "",
	} {
		if got := mustConvert(t, "a.txt", raw).Content; got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
	pages := mustConvert(t, "a.txt", "page one\n\fpage two\n\f")
	if pages.Content != "page one\n"+content.PageBreak+"page two" || pages.Metadata["page_count"] != 2 {
		t.Errorf("%+v", pages)
	}
}

func TestLanguageOptionIsMetadata(t *testing.T) {
	t.Parallel()
	doc, err := convertFile(t, file(t, "a.txt", []byte("Guten Tag")), convert.Options{Language: "de"})
	if err != nil || doc.Metadata["language"] != "de" {
		t.Errorf("%+v, %v", doc, err)
	}
}

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
		doc := mustConvert(t, "a.md", tt.raw)
		if doc.Content != strings.TrimRight(tt.raw, "\n") {
			t.Errorf("%q became %q", tt.raw, doc.Content)
		}
		if doc.Metadata["title"] != tt.title || doc.Metadata["language"] != tt.lang {
			t.Errorf("%q: metadata %v", tt.raw, doc.Metadata)
		}
	}
	meta := mustConvert(t, "a.md", "---\nauthor: [A, B]\ndate: 2024-01-02\n---\n").Metadata
	if meta["author"] != "A, B" || meta["created"] != "2024-01-02T00:00:00Z" {
		t.Errorf("%v", meta)
	}
}
