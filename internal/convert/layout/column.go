package layout

import (
	"cmp"
	"math"
	"slices"
	"unicode/utf8"
)

const (
	// A column has this many lines at least, of which so many letters are in a line, ...
	minColumnLines, minColumnLetters = 3, 14
	// ... and so much of its width is filled by half of its lines.
	fullColumnLine = 0.7
	// maxCuts bounds how often a region is cut, and maxRegionLines the lines of one.
	maxCuts, maxRegionLines = 12, 4000
)

// item is a line or a table with its place, while the order of a page is found.
type item struct {
	Box
	line  *line
	table *table
}

// region is items that are read from top to bottom.
type region []item

// regionsOf cuts items into regions, in the order in which they are read: columns from left
// to right, between what stands across them.
func regionsOf(items []item, body float64, depth int) []region {
	if len(items) == 0 {
		return nil
	}
	if depth < maxCuts && len(items) < maxRegionLines {
		if gutter, found := findGutter(items, body); found {
			return cutAt(items, gutter, body, depth)
		}
		if upper, lower, found := cutAcross(items, body); found {
			return append(regionsOf(upper, body, depth+1), regionsOf(lower, body, depth+1)...)
		}
	}
	return []region{items}
}

// cutAt reads what is on the left of a gutter, then what is on the right, between the items
// that stand across it.
func cutAt(items []item, gutter, body float64, depth int) []region {
	sorted := slices.Clone(items)
	slices.SortStableFunc(sorted, func(a, b item) int { return cmp.Compare(a.Top, b.Top) })
	var regions []region
	var left, right, across []item
	sides := func() {
		regions = append(regions, regionsOf(left, body, depth+1)...)
		regions = append(regions, regionsOf(right, body, depth+1)...)
		left, right = nil, nil
	}
	spans := func() {
		regions = append(regions, regionsOf(across, body, depth+1)...)
		across = nil
	}
	for _, it := range sorted {
		switch {
		case it.Right <= gutter:
			spans()
			left = append(left, it)
		case it.Left >= gutter:
			spans()
			right = append(right, it)
		default:
			sides()
			across = append(across, it)
		}
	}
	sides()
	spans()
	return regions
}

// findGutter looks for the space between two columns of text.
func findGutter(items []item, body float64) (float64, bool) {
	all := items[0].Box
	for _, it := range items {
		all = all.union(it.Box)
	}
	type span struct{ from, to float64 }
	var spans []span
	for _, it := range items {
		if it.width() < 0.58*all.width() {
			spans = append(spans, span{it.Left, it.Right})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	best, width := 0.0, 0.0
	right := math.Inf(1)
	for i, s := range spans {
		if i > 0 && s.from-right > max(0.7*body, width) {
			if gutter := (s.from + right) / 2; isGutter(items, gutter) {
				best, width = gutter, s.from-right
			}
		}
		if i == 0 {
			right = s.to
		}
		right = max(right, s.to)
	}
	return best, width > 0
}

// isGutter tells columns of text from the columns of a table and from lines with a gap: on
// either side there are lines enough that fill their column, or that go on beside each
// other without regard for the other side.
func isGutter(items []item, gutter float64) bool {
	var sides [2][]*line
	across, tables := 0, 0
	for _, it := range items {
		switch {
		case it.line == nil:
			tables++
		case it.Right <= gutter:
			sides[0] = append(sides[0], it.line)
		case it.Left >= gutter:
			sides[1] = append(sides[1], it.line)
		default:
			across++
		}
	}
	if len(sides[0]) < minColumnLines || len(sides[1]) < minColumnLines {
		return false
	}
	beside := besides(sides[0], sides[1])
	if beside == 0 { // above one another, not side by side
		return false
	}
	prose := isProse(sides[0]) && isProse(sides[1])
	if !prose {
		return false
	}
	return len(sides[0])+len(sides[1]) > across || beside >= minColumnLines
}

// besides counts the lines of one side that have one of the other side at their height.
func besides(left, right []*line) int {
	n := 0
	for _, l := range left {
		for _, r := range right {
			if l.Top < r.Bottom && r.Top < l.Bottom {
				n++
				break
			}
		}
	}
	return n
}

// isProse tells whether most lines are long enough for text and fill the width.
func isProse(lines []*line) bool {
	left, right := math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		left, right = min(left, l.Left), max(right, l.Right)
	}
	full, letters := 0, 0
	for _, l := range lines {
		n := 0
		for _, r := range l.text {
			n++
			if isCJK(r) {
				n++
			}
		}
		letters += n
		if l.width() > fullColumnLine*(right-left) {
			full++
		}
	}
	return 2*full >= len(lines) && letters >= minColumnLetters*len(lines)
}

// cutAcross splits items at the widest gap between them from top to bottom, if one of the
// halves has columns by itself.
func cutAcross(items []item, body float64) (upper, lower []item, found bool) {
	sorted := slices.Clone(items)
	slices.SortStableFunc(sorted, func(a, b item) int { return cmp.Compare(a.Top, b.Top) })
	type cut struct {
		at  int
		gap float64
	}
	var cuts []cut
	bottom := sorted[0].Bottom
	for i, it := range sorted[1:] {
		if gap := it.Top - bottom; gap > 0.6*body {
			cuts = append(cuts, cut{i + 1, gap})
		}
		bottom = max(bottom, it.Bottom)
	}
	slices.SortStableFunc(cuts, func(a, b cut) int { return cmp.Compare(b.gap, a.gap) })
	for _, c := range cuts[:min(len(cuts), 8)] {
		for _, half := range [][]item{sorted[:c.at], sorted[c.at:]} {
			if len(half) < 2*minColumnLines {
				continue
			}
			if _, columns := findGutter(half, body); columns {
				return sorted[:c.at], sorted[c.at:], true
			}
		}
	}
	return nil, nil, false
}

// rowsOfLines puts together the lines of a region that stand side by side.
func rowsOfLines(items []item) [][]item {
	sorted := slices.Clone(items)
	slices.SortStableFunc(sorted, func(a, b item) int { return cmp.Compare(a.base(), b.base()) })
	var rows [][]item
	for _, it := range sorted {
		if n := len(rows); n > 0 && it.line != nil && rows[n-1][0].line != nil &&
			it.base()-rows[n-1][0].base() < 0.35*min(it.line.size, rows[n-1][0].line.size) {
			rows[n-1] = append(rows[n-1], it)
			continue
		}
		rows = append(rows, []item{it})
	}
	for _, row := range rows {
		slices.SortStableFunc(row, func(a, b item) int { return cmp.Compare(a.Left, b.Left) })
	}
	return rows
}

func (it item) base() float64 {
	if it.line == nil {
		return it.Top
	}
	return it.Bottom
}

func letterCount(s string) int { return utf8.RuneCountInString(s) }
