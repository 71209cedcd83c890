package layout

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const (
	// What stands in this share of a page's height at its upper or lower edge, in one of the
	// outermost rows, ...
	edge, edgeRows = 0.13, 3
	// Page numbers may stand further in.
	numberEdge = 0.2
	// ... and comes again on this many pages at the same height is no part of the text.
	repeats = 3
	// sameHeight is how far apart in points the heights may be.
	sameHeight = 4.0
	// maxTableHead is the most columns that the head of a table is looked for in.
	maxTableHead = 40
	// maxBesideNumber is the most letters of what stands beside a page number.
	maxBesideNumber = 80
)

var (
	digits     = lazy(`\d+`)
	pageNumber = lazy(`(?i)^[-–—|•·\s]*(?:(?:page|seite|pagina|página|p\.|s\.|str\.)\s*)?(\d{1,5}|[ivxlc]{1,7})(?:\s*(?:/|of|von|de|sur|di|av|af)\s*\d{1,5})?[-–—|•·\s]*$`)
)

// edgeLine is a line at the edge of a page.
type edgeLine struct {
	sheet *sheet
	at    int // in the lines of the sheet
	upper bool
	// outermost tells that nothing stands nearer to the edge.
	outermost bool
}

func (e edgeLine) line() *line { return &e.sheet.lines[e.at] }

// dropFurniture takes running titles and page numbers off the pages.
func dropFurniture(sheets []*sheet) {
	var edges []edgeLine
	for _, s := range sheets {
		edges = append(edges, s.edgeLines()...)
	}
	body := bodySize(sheets)
	drop := map[*line]bool{}
	byKey := map[string][]edgeLine{}
	columns := columnCells{}
	for _, e := range edges {
		if l := e.line(); l.Bottom > edge*e.sheet.Height && l.Top < (1-edge)*e.sheet.Height {
			continue
		}
		if columns.hold(e) || e.sheet.isTableHead(e.line()) {
			continue
		}
		key := furnitureKey(e.line().text)
		if e.upper {
			key = "upper " + key
		}
		byKey[key] = append(byKey[key], e)
	}
	for _, same := range byKey {
		for _, e := range same {
			pages, exact := map[int]bool{}, true
			for _, other := range same {
				if math.Abs(other.line().Bottom-e.line().Bottom) < sameHeight && math.Abs(other.line().size-e.line().size) < 1 {
					pages[other.sheet.index] = true
					exact = exact && other.line().text == e.line().text
				}
			}
			enough := repeats
			if e.line().size > largerThanText*body { // chapters begin with large text that differs in its number
				enough = max(repeats, len(sheets)/2)
			}
			if len(sheets) <= 4 && exact && e.line().size <= largerThanText*body {
				enough = max(2, len(sheets)-1)
			}
			if large := e.line().size > largerThanText*body; len(pages) >= enough && (!large || exact) {
				drop[e.line()] = true
			}
		}
	}
	markPageNumbers(edges, len(sheets), drop)
	for _, s := range sheets {
		kept := s.lines[:0:0]
		for i := range s.lines {
			if !drop[&s.lines[i]] {
				kept = append(kept, s.lines[i])
			}
		}
		s.lines = kept
	}
}

// columnCells counts the lines of pages that begin at one place and differ in their numbers
// alone, as the cells of a long table do.
type columnCells map[*sheet]map[columnCell]int

type columnCell struct {
	key  string
	left int
}

// hold tells whether a line is one of several of a column.
func (c columnCells) hold(e edgeLine) bool {
	if c[e.sheet] == nil {
		cells := map[columnCell]int{}
		for i := range e.sheet.lines {
			l := &e.sheet.lines[i]
			cells[columnCell{furnitureKey(l.text), int(math.Round(l.Left))}]++
		}
		c[e.sheet] = cells
	}
	left, n := int(math.Round(e.line().Left)), 0
	for at := left - 1; at <= left+1; at++ {
		n += c[e.sheet][columnCell{furnitureKey(e.line().text), at}]
	}
	return n > 1
}

// isTableHead tells whether a line stands in a row of several, each close above another line
// that begins at its place.
func (s *sheet) isTableHead(l *line) bool {
	if len(s.lines) > maxRegionLines {
		return false
	}
	heads := 0
	for i := range s.lines {
		head := &s.lines[i]
		if math.Abs(head.Bottom-l.Bottom) > 0.3*l.size {
			continue
		}
		if heads++; heads > maxTableHead {
			return false
		}
		if !slices.ContainsFunc(s.lines, func(below line) bool {
			gap := below.Bottom - head.Bottom
			return gap > 0.5*head.size && gap < 1.9*head.size && math.Abs(below.Left-head.Left) < 2
		}) {
			return false
		}
	}
	return heads > 1
}

// edgeLines are those in the outermost rows of the page.
func (s *sheet) edgeLines() []edgeLine {
	if s.Height <= 0 || len(s.lines) == 0 {
		return nil
	}
	order := make([]int, len(s.lines))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.lines[a].Bottom, s.lines[b].Bottom) })
	var found []edgeLine
	take := func(order []int, upper bool) {
		rows, last := 0, math.Inf(-1)
		for _, i := range order {
			l := s.lines[i]
			if upper && l.Bottom > numberEdge*s.Height || !upper && l.Top < (1-numberEdge)*s.Height {
				return
			}
			if math.Abs(l.Bottom-last) > 0.5*l.size {
				rows++
				last = l.Bottom
			}
			if rows > edgeRows {
				return
			}
			found = append(found, edgeLine{s, i, upper, rows == 1})
		}
	}
	take(order, true)
	slices.Reverse(order)
	take(order, false)
	return found
}

// furnitureKey is the same for a running title on all its pages, whatever their numbers.
func furnitureKey(text string) string {
	return digits().ReplaceAllString(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text), "#")
}

// markPageNumbers finds numbers that grow with the pages at one height. The number of a single
// page is one that stands alone below all other text.
func markPageNumbers(edges []edgeLine, pages int, drop map[*line]bool) {
	type place struct{ offset, height int }
	type numbered struct {
		edgeLine
		place
	}
	var all []numbered
	votes := map[place]int{}
	for _, e := range edges {
		found := pageNumber().FindStringSubmatch(e.line().text)
		if found == nil {
			continue
		}
		if n := numberOf(found[1]); n > 0 {
			at := place{n - e.sheet.index, int(e.line().Bottom / sameHeight)}
			all = append(all, numbered{e, at})
			votes[at]++
		}
	}
	for _, n := range all {
		at := n.place
		count := votes[at] + votes[place{at.offset, at.height + 1}] + votes[place{at.offset, at.height - 1}]
		row := n.row(edges)
		switch {
		case count >= 2 && (count >= repeats || len(row) == 0 || n.outermost):
			drop[n.line()] = true
			if n.outermost {
				dropAll(row, drop)
			}
		case n.offset == 1 && pages < repeats && n.outermost && (!n.upper && len(row) == 0 || n.decorated()):
			drop[n.line()] = true
			dropAll(row, drop)
		}
	}
}

// decorated tells a page number that has more than the number: "- 2 -", "Page 2 of 3".
func (e edgeLine) decorated() bool {
	return strings.Trim(e.line().text, "0123456789ivxlcIVXLC") != ""
}

// row is what else stands in the row of a line.
func (e edgeLine) row(edges []edgeLine) []*line {
	var row []*line
	for _, other := range edges {
		if other.sheet == e.sheet && other.upper == e.upper && other.at != e.at && math.Abs(other.line().Bottom-e.line().Bottom) < 0.3*other.line().size {
			row = append(row, other.line())
		}
	}
	return row
}

// dropAll drops the short pieces that stand in one row with a page number.
func dropAll(row []*line, drop map[*line]bool) {
	if len(row) > 2 || slices.ContainsFunc(row, func(l *line) bool { return letterCount(l.text) > maxBesideNumber }) {
		return
	}
	for _, l := range row {
		drop[l] = true
	}
}

// numberOf reads a page number, in Roman numerals too, 0 for none.
func numberOf(s string) int {
	if n, err := strconv.Atoi(s); err == nil {
		return n
	}
	values := map[byte]int{'i': 1, 'v': 5, 'x': 10, 'l': 50, 'c': 100}
	s = strings.ToLower(s)
	sum := 0
	for i := range len(s) {
		v := values[s[i]]
		if i+1 < len(s) && values[s[i+1]] > v {
			v = -v
		}
		sum += v
	}
	return sum
}
