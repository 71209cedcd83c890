package layout

import (
	"cmp"
	"math"
	"slices"
)

const (
	// A table whose rows are parted by lines across it, or by space, has this many rows.
	minBands = 3
	// Space of so much of the size of the letters parts rows whose cells have several lines.
	bandGap = 0.3
	// A row is at most so many times as high as the usual one, and what stands above the first
	// line or below the last is no farther away than maxBeside sizes of its letters.
	maxBandHeight, maxBeside = 6.0, 1.6
)

// band is a row of a table, whose cells may have several lines at heights of their own.
type band struct {
	Box
	pieces []*line
}

func (b *band) add(l *line) {
	if len(b.pieces) == 0 {
		b.Box = l.Box
	}
	b.Box = b.union(l.Box)
	b.pieces = append(b.pieces, l)
}

// goesDown tells whether a line follows closely below the others of a row.
func (b *band) goesDown(l *line) bool {
	return len(b.pieces) > 0 && l.Top-b.Bottom < bandGap*l.size
}

// bandedTables finds tables whose rows are parted by lines that are drawn across them, without
// any between their columns.
func (s *sheet) bandedTables(used map[int]bool) (found []*table) {
	if len(s.Rules) > maxRules {
		return nil
	}
	for _, across := range parallel(s.Rules) {
		bands, at := s.bandsBetween(across, used)
		t := tableOfBands(bands, true)
		if g := gridOfBands(across, bands); g != nil {
			t = g.fill(s.lines, at)
		}
		if t == nil {
			continue
		}
		for _, i := range at {
			used[i] = true
		}
		found = append(found, t)
	}
	return found
}

// across is a line across a table, and where its pieces meet: some programs draw one for each
// cell.
type across struct {
	Box
	seams []float64
}

// parallel groups lines across, from above to below, that begin and end at the same places.
func parallel(rules []Box) [][]across {
	var whole []across
	sorted := slices.DeleteFunc(slices.Clone(rules), func(r Box) bool { return r.width() <= r.height() })
	slices.SortFunc(sorted, func(a, b Box) int {
		return cmp.Or(cmp.Compare(math.Round(a.middle()), math.Round(b.middle())), cmp.Compare(a.Left, b.Left))
	})
	for _, r := range sorted {
		if n := len(whole) - 1; n >= 0 && math.Abs(whole[n].middle()-r.middle()) < sameRule && r.Left <= whole[n].Right+sameRule {
			if math.Abs(r.Left-whole[n].Right) < 1 {
				whole[n].seams = append(whole[n].seams, r.Left)
			}
			whole[n].Box = whole[n].union(r)
			continue
		}
		whole = append(whole, across{Box: r})
	}
	groups := map[[2]int][]across{}
	var order [][2]int
	for _, r := range whole {
		key := [2]int{int(math.Round(r.Left / sameRule)), int(math.Round(r.Right / sameRule))}
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], r)
	}
	var out [][]across
	for _, key := range order {
		if len(groups[key]) >= minBands {
			out = append(out, groups[key])
		}
	}
	return out
}

// gridOfBands is the grid of lines whose pieces meet at the edges of columns, nil for others.
func gridOfBands(lines []across, bands []band) *ruledGrid {
	seams := lines[0].seams
	if len(seams) == 0 || len(bands) < ruledRows {
		return nil
	}
	for _, l := range lines {
		if len(l.seams) != len(seams) || math.Abs(l.seams[0]-seams[0]) > sameRule {
			return nil
		}
	}
	box := Box{lines[0].Left, bands[0].Top - 1, lines[0].Right, bands[len(bands)-1].Bottom + 1}
	rules := []Box{{box.Left, box.Top, box.Right, box.Top}, {box.Left, box.Bottom, box.Right, box.Bottom}}
	for _, l := range lines {
		if l.middle() > box.Top && l.middle() < box.Bottom {
			rules = append(rules, l.Box)
		}
	}
	for _, x := range seams {
		rules = append(rules, Box{x, box.Top, x, box.Bottom})
	}
	return gridOf(rules)
}

// bandsBetween puts the lines of text between lines across into bands; the first and the last
// band may stand beyond them. It tells which lines of text they are.
func (s *sheet) bandsBetween(lines []across, used map[int]bool) (bands []band, at []int) {
	left, right := lines[0].Left-sameRule, lines[0].Right+sameRule
	all := make([]band, len(lines)+1)
	for i := range s.lines {
		l := &s.lines[i]
		if used[i] || l.Left < left || l.Right > right+l.size {
			continue
		}
		slot, _ := slices.BinarySearchFunc(lines, l.middle(), func(r across, y float64) int { return cmp.Compare(r.middle(), y) })
		if slot == 0 && lines[0].middle()-l.Bottom > maxBeside*l.size {
			continue
		}
		if slot == len(lines) && !all[slot].goesDown(l) && l.Top-lines[slot-1].middle() > maxBeside*l.size {
			continue
		}
		all[slot].add(l)
		at = append(at, i)
	}
	heights := []float64{}
	for _, b := range all[1 : len(all)-1] {
		heights = append(heights, b.height())
	}
	usual := slices.Sorted(slices.Values(heights))[len(heights)/2]
	for k, b := range all {
		beyond := k == 0 || k == len(all)-1
		if len(b.pieces) == 0 || beyond && len(columnsOfPieces(b.pieces)) < 2 {
			at = slices.DeleteFunc(at, func(i int) bool { return slices.Contains(b.pieces, &s.lines[i]) })
			continue
		}
		if usual <= 0 || b.height() > maxBandHeight*usual {
			return nil, nil
		}
		bands = append(bands, b)
	}
	return bands, at
}

// spacedTables finds tables without lines whose rows are parted by space, where the cells of a
// row have lines at different heights: those in the middle of a row beside cells of several.
func spacedTables(items []item) (found []*table, used map[*line]bool) {
	used = map[*line]bool{}
	sorted := slices.Clone(items)
	slices.SortStableFunc(sorted, func(a, b item) int { return cmp.Compare(a.Top, b.Top) })
	var bands []band
	end := func() {
		if uneven(bands) {
			if t := tableOfBands(bands, false); t != nil {
				for _, b := range bands {
					for _, l := range b.pieces {
						used[l] = true
					}
				}
				found = append(found, t)
			}
		}
		bands = nil
	}
	var now band
	closeBand := func() {
		if len(columnsOfPieces(now.pieces)) < 2 {
			end()
		} else {
			if n := len(bands); n > 0 && now.Top-bands[n-1].Bottom > maxRowGap*now.pieces[0].size {
				end()
			}
			bands = append(bands, now)
		}
		now = band{}
	}
	for _, it := range sorted {
		if it.line == nil {
			closeBand()
			end()
			continue
		}
		if len(now.pieces) > 0 && !now.goesDown(it.line) {
			closeBand()
		}
		now.add(it.line)
	}
	closeBand()
	end()
	return found, used
}

// uneven tells whether rows have lines that do not stand side by side.
func uneven(bands []band) bool {
	n := 0
	for _, b := range bands {
		for _, l := range b.pieces {
			if !slices.ContainsFunc(b.pieces, func(o *line) bool { return o != l && math.Abs(o.Bottom-l.Bottom) < 0.35*l.size }) &&
				slices.ContainsFunc(b.pieces, func(o *line) bool { return o.Right < l.Left || o.Left > l.Right }) {
				n++
				break
			}
		}
	}
	return len(bands) >= minBands && 2*n >= len(bands)
}

// columnsOfPieces are the places from left to right between which no piece stands.
func columnsOfPieces(pieces []*line) []Box {
	if len(pieces) == 0 {
		return nil
	}
	sorted := slices.Clone(pieces)
	slices.SortFunc(sorted, func(a, b *line) int { return cmp.Compare(a.Left, b.Left) })
	columns := []Box{sorted[0].Box}
	for _, l := range sorted[1:] {
		last := &columns[len(columns)-1]
		if l.Left < last.Right {
			*last = last.union(l.Box)
			continue
		}
		columns = append(columns, l.Box)
	}
	return columns
}

// tableOfBands makes a table of rows, nil when they are none.
func tableOfBands(bands []band, ruled bool) *table {
	if len(bands) < minBands {
		return nil
	}
	var all []*line
	for _, b := range bands {
		all = append(all, b.pieces...)
	}
	columns := columnsOfPieces(all)
	if len(columns) < 2 || len(columns)*len(bands) > maxGridCells {
		return nil
	}
	t := &table{Box: bands[0].Box}
	beside := 0
	for _, b := range bands {
		cells := make([][]cellPiece, len(columns))
		for _, l := range b.pieces {
			i := slices.IndexFunc(columns, func(c Box) bool { return l.Left >= c.Left && l.Right <= c.Right })
			cells[i] = append(cells[i], cellPiece{l.Bottom, l.Left, l.Right, l.size, l.text})
		}
		row := make([]string, len(columns))
		filled := 0
		for i := range cells {
			if row[i] = cellText(cells[i]); row[i] != "" {
				filled++
			}
		}
		if filled > 1 {
			beside++
		}
		t.Box = t.union(b.Box)
		t.rows = append(t.rows, row)
	}
	if 3*beside < 2*len(bands) || !isTabular(t.rows, t.rows, ruled) {
		return nil
	}
	return t
}
