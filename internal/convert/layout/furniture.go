package layout

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const (
	// What stands in this share of a page's height at its upper or lower edge, in one of the
	// outermost rows, ...
	edge, edgeRows = 0.13, 3
	// ... and comes again on this many pages at the same height is no part of the text.
	repeats = 3
	// sameHeight is how far apart in points the heights may be.
	sameHeight = 4.0
	// maxBesideNumber is the most letters of what stands beside a page number.
	maxBesideNumber = 80
)

var (
	digits     = regexp.MustCompile(`\d+`)
	pageNumber = regexp.MustCompile(`(?i)^[-–—|•·\s]*(?:(?:page|seite|pagina|página|p\.|s\.|str\.)\s*)?(\d{1,5}|[ivxlc]{1,7})(?:\s*(?:/|of|von|de|sur|di|av|af)\s*\d{1,5})?[-–—|•·\s]*$`)
)

// edgeLine is a line at the edge of a page.
type edgeLine struct {
	sheet *sheet
	at    int // in the lines of the sheet
	upper bool
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
	for _, e := range edges {
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
			if upper && l.Bottom > edge*s.Height || !upper && l.Top < (1-edge)*s.Height {
				return
			}
			if math.Abs(l.Bottom-last) > 0.5*l.size {
				rows++
				last = l.Bottom
			}
			if rows > edgeRows {
				return
			}
			found = append(found, edgeLine{s, i, upper})
		}
	}
	take(order, true)
	slices.Reverse(order)
	take(order, false)
	return found
}

// furnitureKey is the same for a running title on all its pages, whatever their numbers.
func furnitureKey(text string) string {
	return digits.ReplaceAllString(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, text), "#")
}

// markPageNumbers finds numbers that grow with the pages, and the one of a single page.
func markPageNumbers(edges []edgeLine, pages int, drop map[*line]bool) {
	type numbered struct {
		edgeLine
		offset int
	}
	var all []numbered
	votes := map[int]int{}
	for _, e := range edges {
		found := pageNumber.FindStringSubmatch(e.line().text)
		if found == nil {
			continue
		}
		n := numberOf(found[1])
		if n <= 0 {
			continue
		}
		all = append(all, numbered{e, n - e.sheet.index})
		votes[n-e.sheet.index]++
	}
	for _, n := range all {
		if votes[n.offset] >= 2 || pages == 1 && n.offset == 1 && !n.upper || n.offset == 1 && pages < 4 {
			drop[n.line()] = true
			dropBeside(n.edgeLine, edges, drop)
		}
	}
}

// dropBeside drops the short pieces that stand in one row with a page number.
func dropBeside(number edgeLine, edges []edgeLine, drop map[*line]bool) {
	var row []*line
	for _, e := range edges {
		if e.sheet == number.sheet && e.upper == number.upper && e.at != number.at && math.Abs(e.line().Bottom-number.line().Bottom) < 0.3*e.line().size {
			row = append(row, e.line())
		}
	}
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
