package layout

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"morag/internal/convert/document/grid"
)

// table is a table of a page: the cells of each row, "" for one that is empty.
type table struct {
	Box
	rows [][]string
}

func (t *table) markdown() string {
	var out grid.Table
	for _, row := range t.rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = settle(cell)
		}
		out.Row(cells)
	}
	return out.String()
}

const (
	// A table without drawn lines has this many rows at least, or ruledRows with a line
	// above and below.
	minTableRows, ruledRows = 3, 2
	// Its rows are this near to each other, in sizes of their letters.
	maxRowGap = 3.5
	// maxTrim bounds the rows that are tried to be left out at the ends.
	maxTrim = 4
	// This part of its cells is filled.
	minFilled = 0.5
	// A column of longer cells, in letters, may be prose; a table without lines has one such
	// column at most.
	longCell = 28
)

var (
	// enumerator is what stands before the items of a list, or alone.
	enumerator = lazy(`^(?:[^\pL\pN]*|[(\[]?(?:\d{1,3}|\pL|[ivxIVX]{1,5})[.):\]]+)$`)
	leader     = lazy(`\. ?\. ?\. ?\.`)
)

// tableRow is a row of pieces that stand side by side.
type tableRow struct {
	Box
	cells []*line
	size  float64
}

// alignedTables takes tables out of the rows of a region: rows that follow one another and
// whose pieces stand under one another with space between. What is in doubt is none.
func alignedTables(rows [][]item, rules []Box, body float64) (found []*table, used map[*line]bool) {
	used = map[*line]bool{}
	var all []tableRow
	for _, row := range rows {
		r := tableRow{Box: row[0].Box}
		for _, it := range row {
			if it.line == nil {
				r.cells = nil
				break
			}
			r.Box = r.union(it.Box)
			r.size = max(r.size, it.line.size)
			r.cells = append(r.cells, it.line)
		}
		all = append(all, r)
	}
	for from := 0; from < len(all); {
		if len(all[from].cells) < 2 {
			from++
			continue
		}
		to := from + 1
		for to < len(all) && goesOn(all[from:to], all[to]) {
			to++
		}
		for to > from && len(all[to-1].cells) < 2 && !wraps(all[from:to-1], all[to-1]) {
			to--
		}
		if from > 0 && headsColumns(all[from-1], all[from:to]) {
			from--
		}
		t, first, last := trimmed(all[from:to], rules)
		if t == nil {
			from = max(to, from+1)
			continue
		}
		for _, row := range all[from+first : from+last] {
			for _, cell := range row.cells {
				used[cell] = true
			}
		}
		found = append(found, t)
		from += last
	}
	return found, used
}

// trimmed makes a table of rows, of which the first and the last few may be none of it; it
// tells which are.
func trimmed(rows []tableRow, rules []Box) (t *table, first, last int) {
	for cut := range maxTrim {
		for first := range cut + 1 {
			last := len(rows) - (cut - first)
			if last-first < ruledRows {
				continue
			}
			if t := tableOf(rows[first:last], rules); t != nil {
				return t, first, last
			}
		}
	}
	return nil, 0, 0
}

// goesOn tells whether a row may belong to the table of those above it.
func goesOn(rows []tableRow, next tableRow) bool {
	last := rows[len(rows)-1]
	if len(next.cells) == 0 || next.Bottom-last.Bottom > maxRowGap*min(next.size, last.size) {
		return false
	}
	if len(next.cells) > 1 {
		return true
	}
	return wraps(rows, next)
}

// wraps tells whether a row of one piece goes on with a cell above it: it stands in one
// column and not in the first, close below.
func wraps(rows []tableRow, next tableRow) bool {
	if len(rows) == 0 || len(next.cells) != 1 {
		return false
	}
	last := rows[len(rows)-1]
	cell := next.cells[0]
	if cell.Bottom-last.Bottom > 1.6*cell.size {
		return false
	}
	columns := columnsOf(rows)
	if len(columns) < 2 {
		return false
	}
	for i, c := range columns {
		if cell.Left < c.Left-0.5*cell.size || cell.Left > c.Right {
			continue
		}
		if i+1 < len(columns) && cell.Right > columns[i+1].Left {
			return false
		}
		if i > 0 {
			return true
		}
		// The first column goes on: its last cell must be full.
		return len(last.cells) > 0 && math.Abs(last.cells[0].Left-cell.Left) < cell.size && last.cells[0].width() > 0.75*c.width() &&
			math.Abs(cell.size-last.cells[0].size) < 0.5 && cell.bold == last.cells[0].bold
	}
	return false
}

// columnsOf are the places that the pieces share, from left to right. A piece that spans
// several of them, such as the head of two columns, does not count.
func columnsOf(rows []tableRow) []Box {
	most := 0
	for _, row := range rows {
		most = max(most, len(row.cells))
	}
	whole := 0
	for _, row := range rows {
		if len(row.cells) == most {
			whole++
		}
	}
	least := most/2 + 1
	if whole > 1 && 5*whole >= 2*len(rows) {
		least = most
	}
	var all []Box
	for _, row := range rows {
		if len(row.cells) < least && len(rows) > 2 {
			continue
		}
		for _, cell := range row.cells {
			all = append(all, cell.Box)
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b Box) int { return cmp.Compare(a.Left, b.Left) })
	columns := all[:1:1]
	for _, b := range all[1:] {
		last := &columns[len(columns)-1]
		if b.Left < last.Right {
			*last = last.union(b)
			continue
		}
		columns = append(columns, b)
	}
	return columns
}

// tableOf makes a table of rows, nil if they are none.
func tableOf(rows []tableRow, rules []Box) *table {
	columns := columnsOf(rows)
	if len(columns) < 2 {
		return nil
	}
	all := rows[0].Box
	for _, row := range rows {
		all = all.union(row.Box)
	}
	ruled := rulesAcross(rules, all) >= 2
	need := minTableRows
	if ruled {
		need = ruledRows
	}
	if len(rows) < need {
		return nil
	}
	cells := make([][]string, len(rows))
	for i, row := range rows {
		cells[i] = make([]string, len(columns))
		for _, cell := range row.cells {
			first, last := -1, -1
			for j, c := range columns {
				if cell.Left < c.Right && c.Left < cell.Right {
					if first < 0 {
						first = j
					}
					last = j
				}
			}
			if first < 0 {
				return nil
			}
			parts := cutPiece(cell, columns[first:last+1])
			for j := first; j <= last; j++ {
				if cells[i][j] != "" { // two pieces in one column: the columns are not clear
					return nil
				}
				cells[i][j] = parts[j-first]
			}
		}
	}
	heads := cells
	cells = joinWrapped(rows, cells)
	if len(cells) < need || !isTabular(cells, heads, ruled) {
		return nil
	}
	return &table{all, cells}
}

// headsColumns tells whether a row of one piece is the heads of columns that stand close to
// each other.
func headsColumns(row tableRow, rows []tableRow) bool {
	columns := columnsOf(rows)
	if len(row.cells) != 1 || len(columns) < 2 || rows[0].Bottom-row.Bottom > max(2*row.size, 1.1*(rows[len(rows)-1].Bottom-rows[0].Bottom)/float64(max(len(rows)-1, 1))) {
		return false
	}
	parts := cutPiece(row.cells[0], columns)
	return parts[0] != parts[1]
}

// cutPiece gives the columns that a piece stands across a word each, where its words stand
// there; else each has all of it.
func cutPiece(piece *line, columns []Box) []string {
	parts := make([]string, len(columns))
	for i := range parts {
		parts[i] = piece.text
	}
	words := strings.Fields(piece.text)
	if len(columns) < 2 || len(words) != len(columns) {
		return parts
	}
	letter := piece.width() / float64(max(letterCount(piece.text), 1))
	at := piece.Left
	for i, word := range words {
		right := at + letter*float64(letterCount(word))
		if right < columns[i].Left-piece.size || at > columns[i].Right+piece.size {
			return parts
		}
		at = right + letter
	}
	return words
}

// rulesAcross counts the lines that are drawn across a box, within it or just beside.
func rulesAcross(rules []Box, b Box) int {
	n := 0
	for _, r := range rules {
		if r.width() > 0.7*b.width() && r.height() < 4 && r.middle() > b.Top-20 && r.middle() < b.Bottom+20 && r.Left < b.Right && r.Right > b.Left {
			n++
		}
	}
	return n
}

// joinWrapped joins rows that are lines of the same cells. Rows with more space between them
// than within are told by that; else a row without a first cell that has one cell only goes
// on with the row above.
func joinWrapped(rows []tableRow, cells [][]string) [][]string {
	var gaps []float64
	for i := range rows[1:] {
		gaps = append(gaps, (rows[i+1].Bottom-rows[i].Bottom)/rows[i].size)
	}
	sorted := slices.Sorted(slices.Values(gaps))
	tight, wide := 0.0, 0.0
	if len(sorted) > 0 {
		tight, wide = sorted[0], sorted[len(sorted)-1]
	}
	byGap := tight < 1.45 && wide > 1.25*tight && wide > tight+0.3
	limit := (tight + wide) / 2
	if byGap { // the widest step between two gaps that follow each other in size
		step := 0.0
		for i := range sorted[1:] {
			if d := sorted[i+1] - sorted[i]; d > step {
				step, limit = d, (sorted[i+1]+sorted[i])/2
			}
		}
		joined := 0
		for _, g := range gaps {
			if g < limit {
				joined++
			}
		}
		// Lines of a cell follow each other where something goes on, not everywhere.
		byGap = limit < 2 && joined <= len(gaps)*4/5 && goOnWithin(gaps, limit, cells)
	}
	out := [][][]byte{writable(cells[0])}
	for i, row := range cells[1:] {
		last := out[len(out)-1]
		filled := 0
		for _, cell := range row {
			if cell != "" {
				filled++
			}
		}
		goes := row[0] == "" && filled == 1 && gaps[i] < 1.6 && len(last[firstFilled(row)]) > 0
		if filled == 1 && row[0] != "" && gaps[i] < 1.45 && startsSmall(row[0]) {
			goes = true
		}
		if byGap {
			goes = gaps[i] < limit
		}
		if !goes {
			out = append(out, writable(row))
			continue
		}
		for j, cell := range row {
			last[j] = appendToCell(last[j], cell)
		}
	}
	joined := make([][]string, len(out))
	for i, row := range out {
		for _, cell := range row {
			joined[i] = append(joined[i], string(cell))
		}
	}
	return joined
}

// writable is a row whose cells may be appended to.
func writable(row []string) [][]byte {
	cells := make([][]byte, len(row))
	for i, cell := range row {
		cells[i] = []byte(cell)
	}
	return cells
}

// goOnWithin tells whether most rows that would be joined leave a cell empty.
func goOnWithin(gaps []float64, limit float64, cells [][]string) bool {
	lacking, all := 0, 0
	for i, g := range gaps {
		if g >= limit {
			continue
		}
		all++
		if slices.Contains(cells[i+1], "") {
			lacking++
		}
	}
	return all > 0 && 2*lacking >= all
}

func firstFilled(row []string) int {
	return max(0, slices.IndexFunc(row, func(c string) bool { return c != "" }))
}

func startsSmall(s string) bool {
	for _, r := range s {
		return unicode.IsLower(r)
	}
	return false
}

// appendToCell adds a line to a cell, in the same memory as far as there is room.
func appendToCell(cell []byte, more string) []byte {
	last, _ := utf8.DecodeLastRune(cell)
	switch {
	case len(cell) == 0 || more == "":
	case last == '-' && startsSmall(more):
		cell = cell[:len(cell)-1]
	case last == '-' && len(cell) > 1 && cell[len(cell)-2] != ' ': // "A-" above "100"
	case !isCJK(last) || !isCJKStart(more):
		cell = append(cell, ' ')
	}
	return append(cell, more...)
}

// isTabular tells a table from prose in columns, a form and a list of items.
func isTabular(cells, lines [][]string, ruled bool) bool {
	if !ruled && isLists(lines) {
		return false
	}
	filled, long := 0, 0
	columns := len(cells[0])
	for column := range columns {
		letters, count, marks, labels, numbers := 0, 0, 0, 0, 0
		for _, row := range lines {
			cell := row[column]
			if cell == "" {
				continue
			}
			count++
			letters += letterCount(cell)
			if enumerator().MatchString(cell) {
				marks++
			}
			if strings.HasSuffix(cell, ":") {
				labels++
			}
			if isFigure(cell) {
				numbers++
			}
			if leader().MatchString(cell) {
				return false
			}
		}
		if letters > longCell*count {
			long++
		}
		if column == 0 && columns == 2 && (2*marks > count || 2*labels > count) {
			return false
		}
		if column == 0 && 3*marks > 2*count && numbers < count {
			return false
		}
		if 2*labels > count && !ruled {
			return false
		}
	}
	for _, row := range cells {
		for _, cell := range row {
			if cell != "" {
				filled++
			}
		}
	}
	if float64(filled) < minFilled*float64(len(cells)*columns) {
		return false
	}
	if columns == 2 && long == 1 && !ruled {
		// A word before its definition, or prose beside notes: in doubt no table.
		return len(cells) >= minTableRows && len(lines) > len(cells)
	}
	return long <= 1 || ruled && long < columns
}

// isFigure tells a number, an amount or a share.
func isFigure(s string) bool {
	some := false
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			some = true
		case unicode.IsLetter(r):
			return false
		}
	}
	return some
}
