package pdf

import (
	"html"
	"math"
	"strconv"
	"strings"

	"morag/internal/convert/layout"
)

const (
	// maxFonts bounds the fonts of a document that are told apart.
	maxFonts = 100_000
	// maxBookmarks bounds the entries of a document's outline.
	maxBookmarks = 20_000
	// A run that is this narrow, in points, stands on its side.
	minWidth = 0.01
	// A run is so much higher than others of its font when some of its letters are raised or
	// lowered; sameEdge is how far apart the edges of a line are, in points, and maxEvened how
	// many runs of it are looked at.
	higher, sameEdge, maxEvened = 1.2, 0.5, 4
)

// font is how the letters of a run look.
type font struct {
	size         float64
	name         string
	bold, italic bool
}

// markupReader reads the XML that pdftohtml writes, line by line: an element takes one.
// What it does not understand it leaves out.
type markupReader struct {
	maxText int64
	fonts   map[string]font
	doc     layout.Document
	kept    int64
	level   int // of the outline
}

// full tells whether there was more text than may be.
func (r *markupReader) full() bool { return r.kept > r.maxText }

func (r *markupReader) line(raw []byte) {
	line := strings.TrimSpace(string(raw))
	// It also prints " link to page 4 " for links within the file, before what comes next.
	if at := strings.IndexByte(line, '<'); at > 0 {
		line = line[at:]
	}
	switch {
	case strings.HasPrefix(line, "<text "):
		r.run(line)
	case strings.HasPrefix(line, "<page "):
		r.doc.Pages = append(r.doc.Pages, layout.Page{Width: number(attribute(line, "width")), Height: number(attribute(line, "height"))})
	case strings.HasPrefix(line, "<fontspec ") && len(r.fonts) < maxFonts:
		r.font(line)
	case line == "<outline>":
		r.level++
	case line == "</outline>":
		r.level--
	case strings.HasPrefix(line, "<item "):
		r.bookmark(line)
	}
}

// font takes `<fontspec id="0" size="12" family="ABCDEF+Times-Bold" color="#000000"/>`.
func (r *markupReader) font(line string) {
	if r.fonts == nil {
		r.fonts = map[string]font{}
	}
	name := html.UnescapeString(attribute(line, "family"))
	r.fonts[attribute(line, "id")] = font{size: number(attribute(line, "size")), name: name, bold: isBold(name), italic: isItalic(name)}
}

// isBold tells it by the name, as poppler does, and by names that poppler does not know.
func isBold(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"bold", "black", "heavy", "-demi", "cmbx", "sfbx", "ecbx"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

func isItalic(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"italic", "oblique", "cmti", "sfti", "ecti", "cmsl"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// run takes `<text top="1" left="2" width="3" height="4" font="5">text</text>`.
func (r *markupReader) run(line string) {
	head, text, found := strings.Cut(line, ">")
	if !found || len(r.doc.Pages) == 0 || r.full() {
		return
	}
	text, bold, italic := plainRun(strings.TrimSuffix(text, "</text>"))
	if text == "" {
		return
	}
	r.kept += int64(len(text))
	f := r.fonts[attribute(head, "font")]
	left, top := number(attribute(head, "left")), number(attribute(head, "top"))
	width, height := number(attribute(head, "width")), number(attribute(head, "height"))
	page := &r.doc.Pages[len(r.doc.Pages)-1]
	isUpended := width < -minWidth
	page.Runs = append(page.Runs, evened(page.Runs, layout.Run{
		Box: layout.Box{Left: min(left, left+width), Top: top, Right: max(left, left+width), Bottom: top + height}, Size: sizeOf(f.size, height),
		Bold: bold || f.bold, Italic: italic || f.italic, Turned: width < minWidth && !isUpended && len(text) > 1, Upended: isUpended, Font: f.name, Text: text,
	}))
}

// evened gives a run that holds raised or lowered letters the height of those before it on its
// line, for they make its box higher.
func evened(before []layout.Run, run layout.Run) layout.Run {
	for i := len(before) - 1; i >= max(0, len(before)-maxEvened); i-- {
		b := before[i]
		height := b.Bottom - b.Top
		if b.Font != run.Font || b.Size != run.Size || run.Bottom-run.Top < higher*height || height <= 0 {
			continue
		}
		switch {
		case math.Abs(b.Top-run.Top) < sameEdge:
			run.Bottom = run.Top + height
		case math.Abs(b.Bottom-run.Bottom) < sameEdge:
			run.Top = run.Bottom - height
		}
	}
	return run
}

// sizeOf is the size of letters. pdftohtml rounds it; the height of a run does not lie.
func sizeOf(size, height float64) float64 {
	if size <= 0 {
		return height
	}
	return size
}

// bookmark takes `<item page="1">title</item>`.
func (r *markupReader) bookmark(line string) {
	head, title, found := strings.Cut(line, ">")
	page, err := strconv.Atoi(attribute(head, "page"))
	if !found || err != nil || page < 1 || len(r.doc.Outline) >= maxBookmarks {
		return
	}
	title, _, _ = plainRun(strings.TrimSuffix(title, "</item>"))
	r.doc.Outline = append(r.doc.Outline, layout.Bookmark{Title: title, Page: page - 1, Level: max(r.level, 1)})
}

// plainRun takes the marks off a run, and tells whether all of it is bold or slanted.
func plainRun(marked string) (text string, bold, italic bool) {
	if !strings.ContainsAny(marked, "<&") {
		return marked, false, false
	}
	var b strings.Builder
	inBold, inItalic, upright, light := false, false, false, false
	for marked != "" {
		plain, rest, _ := strings.Cut(marked, "<")
		b.WriteString(plain)
		if strings.TrimSpace(plain) != "" {
			light, upright = light || !inBold, upright || !inItalic
		}
		tag, after, _ := strings.Cut(rest, ">")
		switch tag {
		case "b":
			inBold, bold = true, true
		case "/b":
			inBold = false
		case "i":
			inItalic, italic = true, true
		case "/i":
			inItalic = false
		}
		marked = after
	}
	return html.UnescapeString(b.String()), bold && !light, italic && !upright
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

// number is 0 for what is none that a page can have.
func number(s string) float64 {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(n) || math.Abs(n) > 1e6 {
		return 0
	}
	return n
}
