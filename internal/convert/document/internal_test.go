package document

import (
	"maps"
	"strings"
	"testing"
	"unicode/utf8"
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
		if got := flow(tt.page); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

// Whatever a page holds, its words come out, in their order.
func FuzzPDFPages(f *testing.F) {
	f.Add("one\ntwo\n\n• three\n\ffour\f")
	f.Add("•\n\n•\nx\n- \n")
	f.Fuzz(func(t *testing.T, text string) {
		out := pdfPages(text)
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
