package pdf

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"morag/internal/content"
)

func TestParsePDFInfo(t *testing.T) {
	t.Parallel()
	got := parseInfo("Title:           A: title\nAuthor:          \nCreationDate:    2024-02-03T04:05:06+02\n" +
		"Pages:           7\nEncrypted:       no\n")
	want := map[string]any{"title": "A: title", "created": "2024-02-03T02:05:06Z", "page_count": 7}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if meta := parseInfo(""); meta == nil || len(meta) != 0 {
		t.Errorf("of nothing: %v", meta)
	}
}

func FuzzPDFInfo(f *testing.F) {
	f.Add("Title: x\nPages: 3\nCreationDate: 2024-02-03T04:05:06Z\n")
	f.Add("Pages: -1\nTitle: \x00\xff\n:\n")
	f.Fuzz(func(t *testing.T, out string) {
		for key, value := range parseInfo(out) {
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

func TestFontReader(t *testing.T) {
	t.Parallel()
	var r fontReader
	for _, line := range []string{
		`<page number="1" position="absolute" top="0" left="0" height="1263" width="892">`,
		`	<fontspec id="0" size="15" family="Times" color="#000000"/>`,
		`<text top="150" left="75" width="30" height="16" font="0"><b>A &amp; <i>B</i></b> </text>`,
		`<text top="30" left="3" width="30" height="16" font="7"><b>A</b> &lt;b&gt; <a href="x">c</a></text>`,
		`<text top="30" left="3"`, `<text top="30" left="3" font="0">  </text>`,
	} {
		r.line([]byte(line))
	}
	want := []fontRun{{left: 50, top: 100, width: 20, size: 10, bold: true, text: "A & B"}, {left: 2, top: 20, width: 20, text: "A <b> c"}}
	if len(r.pages) != 1 || r.pages[0].height != 842 || !slices.Equal(r.pages[0].runs, want) {
		t.Errorf("%+v", r.pages)
	}
}

// FuzzFonts: whatever pdftohtml prints, levels are levels and no word is lost.
func FuzzFonts(f *testing.F) {
	const page = `<page number="1" height="1263" width="892">` + "\n" + `<fontspec id="0" size="30"/><fontspec id="1" size="15"/>` + "\n"
	f.Add(page+`<text top="150" left="75" width="30" font="0"><b>1.1 Head-</b></text>`+"\n"+`<text top="180" left="75" width="30" font="1">text</text>`, "1.1 Head-\ntext\n")
	f.Add(page+`<text top="NaN" left="1e999" width="-1" font="0"><b></i>A<</text>`, "A\n\fA")
	f.Add("<page \n<text >x</text>\n<fontspec size=\"-9\"/>\n<text>", "x")
	f.Fuzz(func(t *testing.T, markup, text string) {
		var r fontReader
		for line := range strings.SplitSeq(markup, "\n") {
			r.line([]byte(line))
		}
		found := findHeadings(r.pages)
		words := func(s string) []string {
			return strings.Fields(strings.NewReplacer("#", " ", "•", " ", "- ", " ").Replace(s))
		}
		for i, page := range splitPages(text) {
			level := found.on(i)
			out := flow(page, func(line string) int {
				l := level(line)
				if l < 0 || l > maxHeadingLevel {
					t.Errorf("level %d", l)
				}
				return l
			})
			if len(words(out)) > len(words(strings.Map(dropControl, page)))+strings.Count(page, "\n")+1 {
				t.Errorf("%q became %q", page, out)
			}
		}
		if !utf8.ValidString(found.title) {
			t.Errorf("title %q", found.title)
		}
	})
}

// A table takes nothing from a page but the lines that are its cells.
func FuzzPDFTables(f *testing.F) {
	row := func(top int, a, b string) string {
		return fmt.Sprintf("<text top=%q left=\"75\" width=\"30\" font=\"1\">%s</text>\n<text top=%q left=\"300\" width=\"30\" font=\"1\">%s</text>\n", strconv.Itoa(top), a, strconv.Itoa(top), b)
	}
	f.Add(row(100, "Ship", "Fee")+row(120, "Dinghy", "1.50")+row(140, "Boat     9 m", "2.75"), "before\nShip\nDinghy\nBoat 9 m\n\nFee\n1.50\n2.75\nafter 0")
	f.Add(row(100, "1", "")+row(120, "1", "1")+row(140, "1", "1"), "1\n11\n11\n1")
	f.Fuzz(func(t *testing.T, markup, text string) {
		var r fontReader
		r.line([]byte(`<page number="1" height="1263" width="892">`))
		r.line([]byte(`<fontspec id="1" size="15"/>`))
		for line := range strings.SplitSeq(markup, "\n") {
			r.line([]byte(line))
		}
		digitsOf := func(s string) string {
			found := slices.Collect(func(yield func(rune) bool) {
				for _, c := range s {
					if c >= '0' && c <= '9' && !yield(c) {
						return
					}
				}
			})
			slices.Sort(found)
			return string(found)
		}
		page := splitPages(text)[0]
		out := placeTables(page, findTables(r.pages[0]), func(part string) string { return part })
		if digitsOf(out) != digitsOf(page) {
			t.Errorf("%q became %q", page, out)
		}
	})
}

func FuzzImageList(f *testing.F) {
	f.Add("page num type width height color comp bpc enc interp object ID x-ppi y-ppi size ratio\n---\n" +
		"   1     0 image    1654  2339  gray    1   8  jpeg   no         7  0   200   200 45.1K 1.2%\n" +
		"   2     0 stencil  1654  2339  -    1   1  ccitt   no   [inline]   200   200 45.1K 1.2%\n")
	f.Fuzz(func(t *testing.T, table string) {
		for page, area := range parseImageList(table) {
			if !(area >= 0 || area < 0) || math.IsInf(area, 0) {
				t.Errorf("page %d: %v", page, area)
			}
		}
	})
}

func TestImageList(t *testing.T) {
	t.Parallel()
	areas := parseImageList("   1     0 image    1654  2339  gray    1   8  jpeg   no         7  0   200   200 45.1K 1.2%\n" +
		"   1     1 smask    1654  2339  gray    1   8  jpeg   no         7  0   200   200 45.1K 1.2%\n" +
		"   3     0 stencil  144  144  -    1   1  ccitt   no   [inline]   72   72 45.1K 1.2%\n")
	if len(areas) != 2 || math.Abs(areas[1]-595.4*842) > 500 || areas[3] != 144*144 {
		t.Errorf("%v", areas)
	}
}
