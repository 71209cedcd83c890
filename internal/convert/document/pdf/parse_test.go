package pdf

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"morag/internal/convert/layout"
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

func TestMarkupReader(t *testing.T) {
	t.Parallel()
	r := markupReader{maxText: 1 << 20}
	for _, line := range []string{
		` link to page 1  link to page 1 <page number="1" position="absolute" top="0" left="0" height="842" width="595">`,
		`	<fontspec id="0" size="10" family="ABCDEF+Times-Italic" color="#000000"/>`,
		`<text top="150.5" left="75" width="30" height="16" font="0"><b>A &amp; <i>B</i></b> </text>`,
		`<text top="30" left="3" width="0" height="16" font="7"><b>A</b> &lt;b&gt; <a href="x">c</a></text>`,
		`<text top="30" left="3"`, `<text top="30" left="3" font="0"></text>`,
		`<outline>`, `<item page="1">One &amp; two</item>`, `<outline>`, `<item page="1">Three</item>`, `<item page="0">no</item>`,
	} {
		r.line([]byte(line))
	}
	want := []layout.Run{
		{Box: layout.Box{Left: 75, Top: 150.5, Right: 105, Bottom: 166.5}, Size: 10, Bold: true, Italic: true, Font: "ABCDEF+Times-Italic", Text: "A & B "},
		{Box: layout.Box{Left: 3, Top: 30, Right: 3, Bottom: 46}, Size: 16, Turned: true, Text: "A <b> c"},
	}
	if len(r.doc.Pages) != 1 || r.doc.Pages[0].Height != 842 || !slices.Equal(r.doc.Pages[0].Runs, want) {
		t.Errorf("%+v", r.doc.Pages)
	}
	if want := []layout.Bookmark{{Title: "One & two", Level: 1}, {Title: "Three", Level: 2}}; !slices.Equal(r.doc.Outline, want) {
		t.Errorf("%+v", r.doc.Outline)
	}
}

// FuzzMarkup: whatever pdftohtml prints, what comes out is text with all letters and digits
// that went in.
func FuzzMarkup(f *testing.F) {
	const page = `<page number="1" height="842" width="595">` + "\n" + `<fontspec id="0" size="20"/><fontspec id="1" size="10"/>` + "\n"
	f.Add(page + `<text top="150" left="75" width="30" height="20" font="0"><b>1.1 Head-</b></text>` + "\n" + `<text top="180" left="75" width="30" height="10" font="1">text</text>`)
	f.Add(page + `<text top="NaN" left="1e999" width="-1" font="0"><b></i>A<</text>`)
	f.Add("<page \n<text >x</text>\n<fontspec size=\"-9\"/>\n<text>")
	f.Fuzz(func(t *testing.T, markup string) {
		r := markupReader{maxText: 1 << 20}
		for line := range strings.SplitSeq(markup, "\n") {
			r.line([]byte(line))
		}
		if out := layout.Markdown(r.doc).Join(); !utf8.ValidString(out) {
			t.Errorf("not UTF-8: %q", out)
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
