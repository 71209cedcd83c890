// Package layout makes Markdown of pages of which it is known what stands where: runs of text
// with their boxes and fonts, and drawn lines. Whoever fills the model, a PDF reader or OCR,
// has no other source of text. All of it is pure: the same pages make the same Markdown.
package layout

import "math"

// Document is what was read of a file.
type Document struct {
	Pages   []Page
	Outline []Bookmark // as the file brings it, in its order
}

// Page is what stands on a page.
type Page struct {
	Width, Height float64 // in points, 0 when they are not known
	Runs          []Run   // in the order in which they are drawn
	Rules         []Box   // lines and the edges of filled boxes, as thin boxes
	Dots          []Box   // small filled shapes, such as bullets that are drawn
	Ready         *string // Markdown that was made otherwise, which stands for the page
}

// Box is a place on a page, in points from its left and upper edge.
type Box struct{ Left, Top, Right, Bottom float64 }

// Run is some text of one font.
type Run struct {
	Box
	Size         float64 // of the letters, in points
	Bold, Italic bool    // all of it
	Turned       bool    // it stands on its side; its box is that of all of it, or as high as its letters where it begins
	Upended      bool    // it stands on its head, from the right to the left
	Font         string  // "" when it is not known
	Text         string

	at int // among the runs of its page
}

// Bookmark is an entry of a file's own table of contents.
type Bookmark struct {
	Title string
	Page  int // from 0
	Level int // from 1
}

func (b Box) width() float64  { return b.Right - b.Left }
func (b Box) height() float64 { return b.Bottom - b.Top }
func (b Box) middle() float64 { return (b.Top + b.Bottom) / 2 }

// MayUseDrawings tells whether drawn lines or dots may say more of the page than its text:
// pieces of text stand beside each other, or are indented.
func (p *Page) MayUseDrawings() bool {
	lefts := map[int]int{}
	beside, above := 0, Box{}
	for _, run := range p.Runs {
		if math.Abs(run.Bottom-above.Bottom) < 0.5*run.Size && run.Left > above.Right+run.Size {
			beside++
		}
		above = run.Box
		lefts[int(run.Left/3)]++
	}
	most, indented := 0, 0
	for _, n := range lefts {
		most = max(most, n)
	}
	for _, n := range lefts {
		if n < most && n > 1 {
			indented += n
		}
	}
	return beside > 0 || indented > 2 || len(p.Runs) <= fewRuns
}

// union is the least box around both.
func (b Box) union(c Box) Box {
	return Box{min(b.Left, c.Left), min(b.Top, c.Top), max(b.Right, c.Right), max(b.Bottom, c.Bottom)}
}

// holds tells whether the middle of c is in b.
func (b Box) holds(c Box) bool {
	x, y := (c.Left+c.Right)/2, c.middle()
	return x >= b.Left && x <= b.Right && y >= b.Top && y <= b.Bottom
}

const (
	// Of a page of so few runs drawn lines are read in any case.
	fewRuns = 40
	// maxPageRuns bounds the runs of a page that are set in order; what comes after them
	// stands at the end of the page, in the order of drawing.
	maxPageRuns = 20_000
	// maxHeadingLevel is Markdown's.
	maxHeadingLevel = 6
)

// Result is what became of a document.
type Result struct {
	Pages []string // Markdown of each page
	Title string   // its first heading of the first level on the first page, or ""

	continued []bool // a page begins with the rest of a paragraph
}

// Markdown makes a text of each page. What stands at the edges of page after page is left
// out, a paragraph that crosses pages goes on after the break. The runs of the pages are given
// up on the way, for those of a long document take much memory.
func Markdown(doc Document) Result {
	sheets := make([]*sheet, len(doc.Pages))
	for i, page := range doc.Pages {
		sheets[i] = newSheet(i, page)
		sheets[i].Runs, doc.Pages[i].Runs = nil, nil
	}
	dropFurniture(sheets)
	style := styleOf(sheets)
	for _, s := range sheets {
		s.blocks = s.arrange(style)
		s.lines = nil
		for _, b := range s.blocks {
			for i := range b.lines {
				b.lines[i].runs = nil
			}
		}
	}
	markHeadings(sheets, style, doc.Outline)
	markNotes(sheets)
	return write(sheets, style)
}

// sheet is a page in the making.
type sheet struct {
	Page
	index  int
	lines  []line // pieces of lines, those that stand side by side apart
	turned []Run
	late   []Run // beyond maxPageRuns
	blocks []block
}

func newSheet(index int, page Page) *sheet {
	s := &sheet{Page: page, index: index}
	runs := layDown(cleanRuns(page), page)
	runs, s.turned = s.straighten(runs)
	runs = append(runs, bullets(s.Dots, runs)...)
	if len(runs) > maxPageRuns {
		s.late, runs = runs[maxPageRuns:], runs[:maxPageRuns]
	}
	s.lines = linesOf(runs)
	return s
}
