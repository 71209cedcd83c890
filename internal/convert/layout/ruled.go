package layout

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// Drawn lines that are this near to each other, in points, are one.
	sameRule = 3.0
	// maxRules bounds the drawn lines of a page that are looked at.
	maxRules = 3000
	// maxGridCells bounds a table.
	maxGridCells = 20_000
)

// ruledTables finds tables by the lines that are drawn around their cells, and the lines of
// text that they hold.
func (s *sheet) ruledTables() (found []*table, used map[int]bool) {
	used = map[int]bool{}
	if len(s.Rules) == 0 || len(s.Rules) > maxRules {
		return nil, used
	}
	for _, group := range touching(s.Rules) {
		g := gridOf(group)
		if g == nil {
			continue
		}
		var inside []int
		for i, l := range s.lines {
			if !used[i] && g.box.holds(l.Box) && l.Left > g.box.Left-sameRule && l.Right < g.box.Right+sameRule+l.size {
				inside = append(inside, i)
			}
		}
		g.refine(s.lines, inside)
		if t := g.fill(s.lines, inside); t != nil {
			for _, i := range inside {
				used[i] = true
			}
			found = append(found, t)
		}
	}
	return found, used
}

// touching groups lines that meet.
func touching(rules []Box) [][]Box {
	sorted := slices.Clone(rules)
	slices.SortFunc(sorted, func(a, b Box) int { return cmp.Compare(a.Top, b.Top) })
	group := make([]int, len(sorted))
	for i := range group {
		group[i] = i
	}
	root := func(i int) int {
		for group[i] != i {
			group[i] = group[group[i]]
			i = group[i]
		}
		return i
	}
	for i, a := range sorted {
		for j := i + 1; j < len(sorted) && sorted[j].Top <= a.Bottom+sameRule; j++ {
			b := sorted[j]
			if a.Left <= b.Right+sameRule && b.Left <= a.Right+sameRule {
				group[root(j)] = root(i)
			}
		}
	}
	byRoot := map[int][]Box{}
	var order []int
	for i, b := range sorted {
		r := root(i)
		if byRoot[r] == nil {
			order = append(order, r)
		}
		byRoot[r] = append(byRoot[r], b)
	}
	groups := make([][]Box, 0, len(order))
	for _, r := range order {
		groups = append(groups, byRoot[r])
	}
	return groups
}

// ruledGrid is the lines of a table.
type ruledGrid struct {
	box         Box
	xs, ys      []float64
	verticals   []Box
	horizontals []Box
	soft        []float64 // edges of columns that are not drawn
}

// gridOf is nil for lines that make no table of two columns.
func gridOf(rules []Box) *ruledGrid {
	g := &ruledGrid{box: rules[0]}
	var xs, ys []float64
	for _, r := range rules {
		g.box = g.box.union(r)
		if r.width() > r.height() {
			g.horizontals = append(g.horizontals, r)
			ys = append(ys, r.middle())
		} else {
			g.verticals = append(g.verticals, r)
			xs = append(xs, (r.Left+r.Right)/2)
		}
	}
	if len(ys) < 2 {
		return nil
	}
	// A table need not have lines at its sides.
	g.xs, g.ys = distinct(append(xs, g.box.Left, g.box.Right)), distinct(append(ys, g.box.Top, g.box.Bottom))
	if len(xs) == 0 || len(g.xs) < 3 || len(g.ys) < 2 || len(g.xs)*len(g.ys) > maxGridCells {
		return nil
	}
	return g
}

func distinct(all []float64) []float64 {
	slices.Sort(all)
	out := all[:1:1]
	for _, v := range all[1:] {
		if v-out[len(out)-1] > sameRule {
			out = append(out, v)
		}
	}
	return out
}

// refine cuts columns in which most rows have the same number of pieces, where only groups of
// columns are parted by lines.
func (g *ruledGrid) refine(lines []line, inside []int) {
	for column := range len(g.xs) - 1 {
		var rows []tableRow
		for _, i := range inside {
			l := &lines[i]
			if x := (l.Left + l.Right) / 2; x < g.xs[column] || x >= g.xs[column+1] {
				continue
			}
			at := slices.IndexFunc(rows, func(r tableRow) bool { return math.Abs(r.Bottom-l.Bottom) < 0.4*l.size })
			if at < 0 {
				rows = append(rows, tableRow{Box: l.Box, size: l.size})
				at = len(rows) - 1
			}
			rows[at].cells = append(rows[at].cells, l)
		}
		count := map[int]int{}
		for _, r := range rows {
			count[len(r.cells)]++
		}
		for n, of := range count {
			if n < 2 || of < minTableRows || 5*of < 3*len(rows) {
				continue
			}
			full := slices.DeleteFunc(slices.Clone(rows), func(r tableRow) bool { return len(r.cells) != n })
			if columns := columnsOf(full); len(columns) == n {
				for i := range columns[1:] {
					g.soft = append(g.soft, (columns[i].Right+columns[i+1].Left)/2)
				}
			}
		}
	}
	g.xs = append(g.xs, g.soft...)
	slices.Sort(g.xs)
}

// cellPiece is a part of a line that stands in a cell.
type cellPiece struct {
	base, left, right, size float64
	text                    string
}

// fill puts lines of text into the cells, nil when that makes no table.
func (g *ruledGrid) fill(lines []line, inside []int) *table {
	rows, columns := len(g.ys)-1, len(g.xs)-1
	cells := make([][][]cellPiece, rows)
	for i := range cells {
		cells[i] = make([][]cellPiece, columns)
	}
	filled := map[int]bool{}
	for _, i := range inside {
		for _, run := range lines[i].runs {
			for _, part := range g.cut(run) {
				row := slotOf(g.ys, part.middle())
				column := slotOf(g.xs, (part.Left+part.Right)/2)
				cells[row][column] = append(cells[row][column], cellPiece{part.Bottom, part.Left, part.Right, part.Size, part.Text})
				filled[column] = true
			}
		}
	}
	if len(filled) < 2 {
		return nil
	}
	t := &table{Box: g.box}
	for row := range rows {
		texts := g.textRows(row, cells)
		if row > 0 && len(texts) == 1 && len(t.rows) > 0 {
			g.reach(row, t.rows[len(t.rows)-1], texts[0])
		}
		t.rows = append(t.rows, texts...)
	}
	if len(t.rows) < ruledRows {
		return nil
	}
	return t
}

func slotOf(edges []float64, at float64) int {
	for i := len(edges) - 2; i > 0; i-- {
		if at >= edges[i] {
			return i
		}
	}
	return 0
}

// cut takes a run apart where a vertical line goes through a space of it.
func (g *ruledGrid) cut(run Run) []Run {
	for _, v := range g.verticals {
		x := (v.Left + v.Right) / 2
		if x < run.Left+0.5*run.Size || x > run.Right-0.5*run.Size || run.middle() < v.Top-1 || run.middle() > v.Bottom+1 {
			continue
		}
		n := utf8.RuneCountInString(run.Text)
		want := float64(n) * (x - run.Left) / run.width()
		best, at := math.Inf(1), -1
		i := 0
		for offset, r := range run.Text {
			if r == ' ' && math.Abs(float64(i)-want) < best {
				best, at = math.Abs(float64(i)-want), offset
			}
			i++
		}
		if at < 0 || best > 3+0.1*float64(n) {
			continue
		}
		left, right := run, run
		left.Text, left.Right = run.Text[:at], x-1
		right.Text, right.Left = run.Text[at+1:], x+1
		return append(g.cut(left), g.cut(right)...)
	}
	return []Run{run}
}

// textRows makes the rows of a row of the grid: one, or as many as its cells have lines that
// stand side by side, where no lines are drawn between rows.
func (g *ruledGrid) textRows(row int, cells [][][]cellPiece) [][]string {
	columns := len(g.xs) - 1
	bands := [][2]float64{{math.Inf(-1), math.Inf(1)}}
	heads := slices.ContainsFunc(g.soft, func(x float64) bool { return crosses(cells[row], x, bands[0]) })
	if len(g.ys) <= 4 {
		if split := splitBands(cells[row], heads); len(split) > 2 || heads && len(split) > 1 {
			bands = split
		}
	}
	var out [][]string
	for k, band := range bands {
		texts := make([]string, columns)
		some := false
		for column := range columns {
			var here []cellPiece
			for _, p := range cells[row][column] {
				if p.base > band[0] && p.base <= band[1] {
					here = append(here, p)
				}
			}
			texts[column] = cellText(here)
			some = some || texts[column] != ""
		}
		if !some {
			continue
		}
		if k == 0 || heads {
			g.spread(row, texts, cells[row], band)
		}
		out = append(out, texts)
	}
	return out
}

// spread copies the text of a cell that spans columns into all of them, unless it spans the table.
func (g *ruledGrid) spread(row int, texts []string, cells [][]cellPiece, band [2]float64) {
	y := (g.ys[row] + g.ys[row+1]) / 2
	for from := 0; from < len(texts); {
		to := from + 1
		for to < len(texts) && !g.divided(g.xs[to], y) && (!slices.Contains(g.soft, g.xs[to]) || crosses(cells[from:to+1], g.xs[to], band)) {
			to++
		}
		if to-from > 1 && to-from < len(texts) {
			var all []string
			for _, t := range texts[from:to] {
				if t != "" {
					all = append(all, t)
				}
			}
			// Lines that are left out between columns of figures join nothing.
			if len(all) == 1 {
				for i := from; i < to; i++ {
					texts[i] = all[0]
				}
			}
		}
		from = to
	}
}

// reach copies the text of a cell that spans rows into those below: no line is drawn between
// them, but beside.
func (g *ruledGrid) reach(row int, above, texts []string) {
	ended := false
	for column := range texts {
		ended = ended || g.underlined(g.ys[row], column)
	}
	for column := range texts {
		if ended && texts[column] == "" && !g.underlined(g.ys[row], column) {
			texts[column] = above[column]
		}
	}
}

// underlined tells whether a line is drawn across a column at the height y.
func (g *ruledGrid) underlined(y float64, column int) bool {
	x := (g.xs[column] + g.xs[column+1]) / 2
	return slices.ContainsFunc(g.horizontals, func(h Box) bool {
		return math.Abs(h.middle()-y) <= sameRule && h.Left <= x && h.Right >= x
	})
}

// crosses tells whether a piece stands across x.
func crosses(cells [][]cellPiece, x float64, band [2]float64) bool {
	for _, cell := range cells {
		for _, p := range cell {
			if p.base > band[0] && p.base <= band[1] && p.left < x && p.right > x {
				return true
			}
		}
	}
	return false
}

// divided tells whether a line is drawn at x beside the height y.
func (g *ruledGrid) divided(x, y float64) bool {
	for _, v := range g.verticals {
		if math.Abs((v.Left+v.Right)/2-x) <= sameRule && v.Top <= y && v.Bottom >= y {
			return true
		}
	}
	return false
}

// splitBands finds the rows of a row of the grid: heights at which cells of several columns
// have a line, nil when that is no way to see it. Heads of several columns at once are rows of
// their own.
func splitBands(cells [][]cellPiece, heads bool) [][2]float64 {
	type base struct {
		y, size float64
		columns map[int]bool
	}
	var bases []base
	for column, pieces := range cells {
		for _, p := range pieces {
			i := slices.IndexFunc(bases, func(b base) bool { return math.Abs(b.y-p.base) < 0.4*p.size })
			if i < 0 {
				i = len(bases)
				bases = append(bases, base{p.base, p.size, map[int]bool{}})
			}
			bases[i].columns[column] = true
		}
	}
	slices.SortFunc(bases, func(a, b base) int { return cmp.Compare(a.y, b.y) })
	full := 0
	for _, b := range bases {
		if 2*len(b.columns) > len(cells) {
			full++
		}
	}
	if !heads && (full < 3 || 4*full < 3*len(bases)) {
		return nil
	}
	var bands [][2]float64
	for _, b := range bases {
		if len(bands) > 0 && 2*len(b.columns) <= len(cells) && !heads {
			bands[len(bands)-1][1] = b.y + 0.5*b.size
			continue
		}
		from := math.Inf(-1)
		if len(bands) > 0 {
			from = bands[len(bands)-1][1]
		}
		bands = append(bands, [2]float64{from, b.y + 0.5*b.size})
	}
	return bands
}

// cellText joins the lines of a cell.
func cellText(pieces []cellPiece) string {
	slices.SortStableFunc(pieces, func(a, b cellPiece) int {
		if math.Abs(a.base-b.base) < 0.4*max(a.size, b.size) {
			return cmp.Compare(a.left, b.left)
		}
		return cmp.Compare(a.base, b.base)
	})
	var text []byte
	for _, p := range pieces {
		text = appendToCell(text, strings.TrimSpace(p.text))
	}
	return string(text)
}
