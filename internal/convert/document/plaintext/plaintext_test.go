package plaintext_test

import (
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/documenttest"
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
		src := documenttest.File(t, "a.txt", []byte(raw))
		src.MIME = "text/plain"
		doc, err := documenttest.Convert(t, src, convert.Options{})
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
		if got := documenttest.Must(t, "a.txt", raw).Content; got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
	pages := documenttest.Must(t, "a.txt", "page one\n\fpage two\n\f")
	if pages.Content != "page one\n"+content.PageBreak+"page two" || pages.Metadata["page_count"] != 2 {
		t.Errorf("%+v", pages)
	}
}

func TestLanguageOptionIsMetadata(t *testing.T) {
	t.Parallel()
	doc, err := documenttest.Convert(t, documenttest.File(t, "a.txt", []byte("Guten Tag")), convert.Options{Language: "de"})
	if err != nil || doc.Metadata["language"] != "de" {
		t.Errorf("%+v, %v", doc, err)
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	documenttest.Conformance(t, "a.txt", []byte("Some text\n"), false)
}
