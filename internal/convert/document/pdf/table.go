package pdf

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"morag/internal/convert/document/grid"
)

const (
	// A table has this many rows at least, ...
	minTableRows = 3
	// ... rows that are this near to each other, in sizes of their letters, ...
	maxRowGap = 3.5
	// ... and cells for this part of all rows and columns.
	minFilled = 0.6
	// A column of longer cells, in letters, may be prose; a table has one such column at most.
	longCell = 25
	// maxTableLines bounds the lines of a page that are looked at.
	maxTableLines = 1000
)

// enumerator is what stands before the items of a list, or alone.
var enumerator = regexp.MustCompile(`^(?:[^\pL\pN]*|[(\[]?(?:\d{1,3}|\pL|[ivxIVX]{1,5})[.):\]]+)$`)

// table is a table of a page: the cells of each row, "" for one that is empty.
type table [][]string

// findTables finds simple tables by how the page is set: rows that follow one another and
// whose cells, of one line each, stand under one another with space between. Columns of
// prose and lists are no tables; what is in doubt is none.
func findTables(page fontPage) []table {
	lines := page.lines(0)
	if len(lines) > maxTableLines {
		return nil
	}
	rows := rowsOf(splitWide(lines))
	var tables []table
	for from := 0; from < len(rows); {
		to := from + 1
		for to < len(rows) && len(rows[to-1]) > 1 && len(rows[to]) > 1 && rows[to][0].top-rows[to-1][0].top < maxRowGap*rows[to][0].size {
			to++
		}
		if table := tableOf(rows[from:to]); table != nil {
			tables = append(tables, table)
		}
		from = to
	}
	return tables
}

// wide is what some programs set between cells instead of beginning anew.
var wide = regexp.MustCompile(` {3,}`)

// splitWide takes lines apart at wide spaces; where the parts begin and end is estimated.
func splitWide(lines []fontLine) []fontLine {
	parts := make([]fontLine, 0, len(lines))
	for _, line := range lines {
		if !strings.Contains(line.text, "   ") {
			parts = append(parts, line)
			continue
		}
		letter := (line.right - line.left) / float64(max(len(line.text), 1))
		from := 0
		for _, gap := range append(wide.FindAllStringIndex(line.text, -1), []int{len(line.text), len(line.text)}) {
			part := line
			part.text = line.text[from:gap[0]]
			part.left, part.right = line.left+letter*float64(from), line.left+letter*float64(gap[0])
			parts = append(parts, part)
			from = gap[1]
		}
	}
	return parts
}

// rowsOf puts together what stands side by side, from left to right; rows go downwards.
func rowsOf(lines []fontLine) [][]fontLine {
	slices.SortStableFunc(lines, func(a, b fontLine) int {
		return cmp.Compare(a.top, b.top)
	})
	var rows [][]fontLine
	for _, line := range lines {
		if n := len(rows); n > 0 && line.top-rows[n-1][0].top < 0.4*line.size {
			rows[n-1] = append(rows[n-1], line)
			continue
		}
		rows = append(rows, []fontLine{line})
	}
	for _, row := range rows {
		slices.SortStableFunc(row, func(a, b fontLine) int {
			return cmp.Compare(a.left, b.left)
		})
	}
	return rows
}

// tableOf makes a table of rows, nil if they are none.
func tableOf(rows [][]fontLine) table {
	if len(rows) < minTableRows {
		return nil
	}
	columns := columnsOf(rows)
	if len(columns) < 2 {
		return nil
	}
	table := make(table, len(rows))
	filled := 0
	for i, row := range rows {
		table[i] = make([]string, len(columns))
		for _, cell := range row {
			at := slices.IndexFunc(columns, func(c tableColumn) bool { return cell.left < c.right && c.left < cell.right })
			if at < 0 || table[i][at] != "" { // two cells in one column: the columns are not clear
				return nil
			}
			table[i][at] = cell.text
			filled++
		}
	}
	if float64(filled) < minFilled*float64(len(rows)*len(columns)) || !table.isTabular() {
		return nil
	}
	return table
}

// tableColumn is a column's place on the page.
type tableColumn struct{ left, right float64 }

// columnsOf are the places that cells share, from left to right.
func columnsOf(rows [][]fontLine) []tableColumn {
	var all []tableColumn
	for _, row := range rows {
		for _, cell := range row {
			all = append(all, tableColumn{cell.left, max(cell.right, cell.left+1)})
		}
	}
	slices.SortFunc(all, func(a, b tableColumn) int {
		return cmp.Compare(a.left, b.left)
	})
	columns := all[:1:1]
	for _, s := range all[1:] {
		last := &columns[len(columns)-1]
		if s.left < last.right {
			last.right = max(last.right, s.right)
			continue
		}
		columns = append(columns, s)
	}
	return columns
}

// isTabular tells a table from prose in columns and from a list of items.
func (t table) isTabular() bool {
	long := 0
	for column := range t[0] {
		letters, cells, marks := 0, 0, 0
		for _, row := range t {
			if row[column] == "" {
				continue
			}
			cells++
			letters += utf8.RuneCountInString(row[column])
			if enumerator.MatchString(row[column]) {
				marks++
			}
		}
		if letters > longCell*cells {
			long++
		}
		if len(t[0]) == 2 && 2*marks > cells || leader.MatchString(t[0][column]) {
			return false
		}
	}
	return long <= 1
}

// placeTables puts tables where their first cell is in the text of a page and takes the
// cells out of it; flowed makes paragraphs of what is around them. A table of which not
// every cell is found stays text.
func placeTables(page string, tables []table, flowed func(string) string) string {
	if len(tables) == 0 {
		return flowed(page)
	}
	lines := strings.Split(page, "\n")
	taken := make([]bool, len(lines))
	at := map[int]string{}
	for _, table := range tables {
		if found := table.linesIn(lines, taken); found != nil {
			for _, i := range found {
				taken[i] = true
			}
			at[found[0]] = table.markdown()
		}
	}
	var parts, around []string
	end := func() {
		if text := flowed(strings.Join(around, "\n")); text != "" {
			parts = append(parts, text)
		}
		around = nil
	}
	for i, line := range lines {
		if table := at[i]; table != "" {
			end()
			parts = append(parts, table)
		}
		if !taken[i] {
			around = append(around, line)
		}
	}
	end()
	return strings.Join(parts, "\n\n")
}

// linesIn finds the lines that hold the cells of the table and nothing else: one cell, or
// several of a row. It returns nil when a cell is missing.
func (t table) linesIn(lines []string, taken []bool) []int {
	left := map[string]int{}
	count := 0
	for _, row := range t {
		for _, cell := range row {
			if key := squeeze(cell); key != "" {
				left[key]++
				count++
			}
		}
	}
	var found []int
	for i, line := range lines {
		key := squeeze(strings.TrimFunc(line, unicode.IsControl))
		if taken[i] || key == "" {
			continue
		}
		if cells := t.cellsOf(key, left); cells != nil {
			for _, cell := range cells {
				left[cell]--
			}
			count -= len(cells)
			found = append(found, i)
		}
	}
	if count > 0 {
		return nil
	}
	return found
}

// cellsOf cuts a line into cells that follow each other in a row, or returns nil.
func (t table) cellsOf(line string, left map[string]int) []string {
	if left[line] > 0 {
		return []string{line}
	}
	for _, row := range t {
		for from := range row {
			rest := line
			var cells []string
			for _, cell := range row[from:] {
				key := squeeze(cell)
				after, found := strings.CutPrefix(rest, key)
				if !found || key != "" && left[key] == 0 {
					break
				}
				if rest = after; key != "" {
					cells = append(cells, key)
				}
				if rest == "" {
					return cells
				}
			}
		}
	}
	return nil
}

func (t table) markdown() string {
	var table grid.Table
	for _, row := range t {
		table.Row(row)
	}
	return table.String()
}
