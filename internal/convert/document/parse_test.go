package document

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"morag/internal/content"
	"morag/internal/convert"
)

func TestParsePDFInfo(t *testing.T) {
	t.Parallel()
	got := parsePDFInfo("Title:           A: title\nAuthor:          \nCreationDate:    2024-02-03T04:05:06+02\n" +
		"Pages:           7\nEncrypted:       no\n")
	want := map[string]any{"title": "A: title", "created": "2024-02-03T02:05:06Z", "page_count": 7}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if meta := parsePDFInfo(""); meta == nil || len(meta) != 0 {
		t.Errorf("of nothing: %v", meta)
	}
}

func FuzzPDFInfo(f *testing.F) {
	f.Add("Title: x\nPages: 3\nCreationDate: 2024-02-03T04:05:06Z\n")
	f.Add("Pages: -1\nTitle: \x00\xff\n:\n")
	f.Fuzz(func(t *testing.T, out string) {
		for key, value := range parsePDFInfo(out) {
			switch v := value.(type) {
			case string:
				if v == "" || !utf8.ValidString(v) || strings.ContainsAny(v, "\n\r\x00") {
					t.Errorf("%s is %q", key, v)
				}
			case int:
				if v < 0 {
					t.Errorf("%s is %d", key, v)
				}
			}
		}
	})
}

func TestFlow(t *testing.T) {
	t.Parallel()
	const long = "a line that is long enough to fill the whole column of a page"
	for name, tt := range map[string]struct{ page, want string }{
		"a paragraph":           {long + "\n" + long + "\nthe end.\n", long + " " + long + " the end."},
		"paragraphs":            {"one\n\n\n\ntwo\n", "one\n\ntwo"},
		"a heading before":      {"Heading\n" + long + "\nthe end.\n", "Heading\n" + long + " the end."},
		"verse":                 {"short\nlines\nstay\n", "short\nlines\nstay"},
		"a list":                {"• one\n• two\n", "- one\n- two"},
		"a long list":           {"1. " + long + "\n2. " + long + "\n", "1. " + long + "\n2. " + long},
		"a bullet alone":        {"•\n\nits text\n", "- its text"},
		"a table of contents":   {long + ". . . . 1\n" + long + ". . . . 2\n", long + ". . . . 1\n" + long + ". . . . 2"},
		"trailing white space":  {"x   \n   \ny\t\n", "x\n\ny"},
		"control characters":    {"a\x01b\x7f\n", "ab"},
		"nothing":               {"\n\n", ""},
		"a bullet at the end":   {"x\n•\n", "x"},
		"a dash that is a sign": {long + "\n- an item\n", long + "\n- an item"},
	} {
		if got := flow(tt.page, noHeading); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

// Whatever a page holds, its words come out, in their order.
func FuzzPDFPages(f *testing.F) {
	f.Add("one\ntwo\n\n• three\n\ffour\f")
	f.Add("•\n\n•\nx\n- \n")
	f.Fuzz(func(t *testing.T, text string) {
		pages := splitPages(text)
		for i, page := range pages {
			pages[i] = flow(page, noHeading)
		}
		out := strings.Join(pages, content.PageBreak)
		if !utf8.ValidString(out) {
			t.Error("not UTF-8")
		}
		if strings.Count(out, "\f") != strings.Count(strings.TrimSuffix(text, "\f"), "\f") {
			t.Error("pages lost")
		}
		plain := func(s string) string {
			s = strings.Map(func(r rune) rune {
				if r == '\f' {
					return ' '
				}
				return r
			}, strings.ToValidUTF8(s, "\uFFFD"))
			s = strings.Map(func(r rune) rune {
				if r == '\n' {
					return r
				}
				return dropControl(r)
			}, s)
			return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
				return strings.ContainsRune("•‣▪◦●■∙- \n\t\u0085", r) || strings.TrimSpace(string(r)) == ""
			}), "")
		}
		if plain(out) != plain(text) {
			t.Errorf("%q became %q", text, out)
		}
	})
}

// clean checks what comes of anything: it is refused in one sentence or is clean text.
func clean(t *testing.T, doc *content.Document, err error) {
	t.Helper()
	switch {
	case err != nil && (!errors.Is(err, convert.ErrBadSource) || strings.Contains(err.Error(), "\n")):
		t.Errorf("error %v", err)
	case err != nil:
	case doc.Metadata == nil || strings.HasSuffix(doc.Content, content.PageBreak) ||
		!utf8.ValidString(doc.Content) || strings.ContainsRune(doc.Content, 0):
		t.Errorf("%+v", doc)
	}
}

func FuzzHTML(f *testing.F) {
	f.Add([]byte(`<!DOCTYPE html><html lang="en"><title>T</title><nav>n</nav><h1>H</h1><p>x <b>y</b><table><tr><td colspan=3>a<ul><li>b`))
	f.Add([]byte("<header><footer role=search><img src=data:x alt=y><a href=javascript:x>z"))
	f.Add([]byte("<!DOCTYPE html><meta charset=utf-16><p>\x00x"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parseHTML(t.Context(), raw, "")
		clean(t, doc, err)
	})
}

func FuzzText(f *testing.F) {
	f.Add([]byte("plain\r\n\ftext"))
	f.Add([]byte("\xff\xfea\x00b\x00"))
	f.Add([]byte("a\x00b\x00c\x00d\x00"))
	f.Add([]byte("caf\xe9"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parseText(raw)
		clean(t, doc, err)
	})
}

func FuzzMarkdown(f *testing.F) {
	f.Add([]byte("---\ntitle: x\n---\n# y\n"))
	f.Add([]byte("---\na: &a [1]\nb: [*a, *a]\n---\n"))
	f.Add([]byte("x\n---\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		doc, err := parseMarkdown(raw)
		clean(t, doc, err)
	})
}
