package layout

import (
	"cmp"
	"math"
	"slices"
	"unicode"
	"unicode/utf8"
)

const (
	// A column has this many lines at least, of which so many letters are in a line, ...
	minColumnLines, minColumnLetters = 3, 14
	// ... and so much of its width is filled by half of its lines.
	fullColumnLine = 0.7
	// maxGutters bounds the places that are looked at.
	maxGutters = 6
	// maxCuts bounds how often a region is cut, and maxRegionLines the lines of one.
	maxCuts, maxRegionLines = 12, 1500
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
			return cutAt(items, widest(items, gutter), body, depth)
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
		above, below := parted(left, right, body)
		regions = append(regions, regionsOf(above, body, depth+1)...)
		regions = append(regions, regionsOf(right, body, depth+1)...)
		regions = append(regions, regionsOf(below, body, depth+1)...)
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

// parted takes what stands below both of two columns, such as a table, from the left one: the
// columns end at the same height, and there is a gap below. Text that goes on is of the column.
func parted(left, right []item, body float64) (column, below []item) {
	if len(right) < minColumnLines {
		return left, nil
	}
	end := math.Inf(-1)
	for _, it := range right {
		end = max(end, it.Bottom)
	}
	bottom := math.Inf(-1)
	for i, it := range left {
		if i >= minColumnLines && it.Top > end-0.3*body && it.Top-bottom > 0.5*body {
			if math.Abs(bottom-end) < 2*body && !isText(left[i:]) {
				return left[:i:i], left[i:]
			}
			break
		}
		bottom = max(bottom, it.Bottom)
	}
	return left, nil
}

// isText tells whether items are the text of a column.
func isText(items []item) bool {
	var lines []*line
	for _, it := range items {
		if it.line == nil {
			return false
		}
		lines = append(lines, it.line)
	}
	return isProse(lines)
}

// findGutter looks for the space between two columns of text: at the left of many lines, and
// with few across it.
func findGutter(items []item, body float64) (float64, bool) {
	starts := map[int]int{}
	left := math.Inf(1)
	for _, it := range items {
		starts[int(math.Round(it.Left))]++
		left = min(left, it.Left)
	}
	var places []int
	for at, n := range starts {
		if n+starts[at-1]+starts[at+1] >= minColumnLines && float64(at) > left+3*body {
			places = append(places, at)
		}
	}
	slices.SortFunc(places, func(a, b int) int { return cmp.Or(cmp.Compare(starts[b], starts[a]), cmp.Compare(a, b)) })
	best, most := 0.0, 0
	for _, at := range places[:min(len(places), maxGutters)] {
		gutter := float64(at) - 1.2
		if score := gutterScore(items, gutter); score > most {
			best, most = gutter, score
		}
	}
	return best, most > 0
}

// widest moves a gutter to the end of the column on its left, so that bullets and headings that
// begin left of the lines of the other column are on the side of these.
func widest(items []item, gutter float64) float64 {
	end := math.Inf(-1)
	for _, it := range items {
		if it.Right <= gutter && (it.line == nil || !isMark(it.line.text)) {
			end = max(end, it.Right)
		}
	}
	return min(gutter, end+1.2)
}

// gutterScore tells columns of text from the columns of a table and from lines with a gap: on
// either side there are lines enough that are text, and few stand across. It is 0 for what
// is no gutter.
func gutterScore(items []item, gutter float64) int {
	var sides [2][]*line
	across := 0
	for _, it := range items {
		switch {
		case it.line == nil:
		case it.Right <= gutter:
			sides[0] = append(sides[0], it.line)
		case it.Left >= gutter:
			sides[1] = append(sides[1], it.line)
		default:
			across++
		}
	}
	if len(sides[0]) < minColumnLines || len(sides[1]) < minColumnLines {
		return 0
	}
	beside, level := besides(sides[0], sides[1])
	if beside < minColumnLines || !isProse(sides[0]) || !isProse(sides[1]) {
		return 0
	}
	if 2*level > beside && !(runsSmall(sides[0]) && runsSmall(sides[1])) {
		return 0 // labels and their values
	}
	if across > 3*beside {
		return 0
	}
	return max(1, 2*beside-across)
}

// runsSmall tells text, of which many lines begin in the middle of a sentence.
func runsSmall(lines []*line) bool {
	small := 0
	for _, l := range lines {
		if r, size := utf8.DecodeRuneInString(l.text); size > 0 && (unicode.IsLower(r) || isCJK(r) || isRTL(r)) {
			small++
		}
	}
	return 4*small >= len(lines)
}

// besides counts the lines of one side that have one of the other side at their height, and
// those of them that stand on the same level as it.
func besides(left, right []*line) (beside, level int) {
	byTop := slices.Clone(right)
	slices.SortFunc(byTop, func(a, b *line) int { return cmp.Compare(a.Top, b.Top) })
	for _, l := range left {
		i, _ := slices.BinarySearchFunc(byTop, l.Bottom, func(r *line, bottom float64) int { return cmp.Compare(r.Top, bottom) })
		some, same := false, false
		for _, r := range byTop[max(0, i-4):i] {
			if l.Top < r.Bottom {
				some = true
				same = same || math.Abs(l.Bottom-r.Bottom) < 0.15*l.size
			}
		}
		if some {
			beside++
		}
		if same {
			level++
		}
	}
	return beside, level
}

// isProse tells whether most letters are in lines that are long enough for text and as wide
// as the others.
func isProse(lines []*line) bool {
	type long struct {
		width   float64
		letters int
	}
	var all []long
	letters := 0
	for _, l := range lines {
		n := 0
		for _, r := range l.text {
			n++
			if isCJK(r) {
				n++
			}
		}
		letters += n
		if n >= minColumnLetters {
			all = append(all, long{l.width(), n})
		}
	}
	if len(all) < minColumnLines {
		return false
	}
	slices.SortFunc(all, func(a, b long) int { return cmp.Compare(a.width, b.width) })
	usual := all[len(all)*4/5].width
	full := 0
	for _, l := range all {
		if l.width > fullColumnLine*usual {
			full += l.letters
		}
	}
	return 2*full >= letters
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
	for _, c := range cuts[:min(len(cuts), 5)] {
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
