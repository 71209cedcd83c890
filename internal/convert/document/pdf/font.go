package pdf

import (
	"html"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// pixelsPerPoint is the scale of pdftohtml's coordinates and sizes.
	pixelsPerPoint = 1.5
	// maxFontText bounds the text that is kept to find headings: that of a book of ten
	// thousand pages. What comes after it is text without headings.
	maxFontText = 64 << 20
	// maxFonts bounds the fonts of a document that are told apart.
	maxFonts = 100_000
)

// fontPage is how the text of a page is set.
type fontPage struct {
	width, height float64 // in points, 0 when they are not known
	runs          []fontRun
}

// fontRun is some text of one size, in points, and where it is on the page.
type fontRun struct {
	left, top, width float64
	size             float64
	bold             bool // all of it
	text             string
}

// fontReader reads the XML that pdftohtml writes, line by line: an element takes one.
// What it does not understand it leaves out.
type fontReader struct {
	sizes map[string]float64 // of fonts, by id
	pages []fontPage
	kept  int
}

func (r *fontReader) line(raw []byte) {
	line := strings.TrimSpace(string(raw))
	switch {
	case strings.HasPrefix(line, "<page "):
		r.pages = append(r.pages, fontPage{width: points(line, "width"), height: points(line, "height")})
	case strings.HasPrefix(line, "<fontspec ") && len(r.sizes) < maxFonts:
		if r.sizes == nil {
			r.sizes = map[string]float64{}
		}
		r.sizes[attribute(line, "id")] = points(line, "size")
	case strings.HasPrefix(line, "<text "):
		r.run(line)
	}
}

// run takes `<text top="1" left="2" width="3" height="4" font="5">text</text>`.
func (r *fontReader) run(line string) {
	head, text, found := strings.Cut(line, ">")
	if !found || len(r.pages) == 0 || r.kept > maxFontText {
		return
	}
	text, bold := plainRun(strings.TrimSuffix(text, "</text>"))
	if text == "" || !utf8.ValidString(text) {
		return
	}
	r.kept += len(text)
	page := &r.pages[len(r.pages)-1]
	page.runs = append(page.runs, fontRun{
		left: points(head, "left"), top: points(head, "top"), width: points(head, "width"),
		size: r.sizes[attribute(head, "font")], bold: bold, text: text,
	})
}

// plainRun takes the marks off a run, and tells whether all of it is bold.
func plainRun(marked string) (text string, bold bool) {
	var b strings.Builder
	inBold, light := false, false
	for marked != "" {
		plain, rest, _ := strings.Cut(marked, "<")
		b.WriteString(plain)
		light = light || !inBold && strings.TrimSpace(plain) != ""
		tag, after, _ := strings.Cut(rest, ">")
		switch tag {
		case "b":
			inBold, bold = true, true
		case "/b":
			inBold = false
		}
		marked = after
	}
	return strings.TrimSpace(html.UnescapeString(b.String())), bold && !light
}

// attribute is the value of name="value", "" when there is none.
func attribute(element, name string) string {
	_, value, found := strings.Cut(element, " "+name+`="`)
	if !found {
		return ""
	}
	value, _, _ = strings.Cut(value, `"`)
	return value
}

// points is a length in points.
func points(element, name string) float64 { return number(attribute(element, name)) / pixelsPerPoint }

// number is 0 for what is none that a page can have.
func number(s string) float64 {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || math.Abs(n) > 1e6 {
		return 0
	}
	return n
}

// squeeze leaves of a text what two programs agree on: no white space, and ligatures
// taken apart.
func squeeze(s string) string {
	if strings.Contains(s, "\ufb00"[:2]) { // what the ligatures begin with
		s = ligatures.Replace(s)
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u00ad' {
			return -1
		}
		return r
	}, s)
}

var ligatures = strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st")
