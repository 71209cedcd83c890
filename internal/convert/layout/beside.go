package layout

import (
	"math"
	"slices"
)

// unweave puts lists that stand side by side one after the other, each below the head that is
// above it: lines across them would have an item of each.
func unweave(rows [][]item) [][]item {
	var out [][]item
	for from := 0; from < len(rows); {
		to := from
		for to < len(rows) && areItems(rows[to]) && fits(rows[from], rows[to]) {
			to++
		}
		if to-from < 2 || len(rows[from]) < 2 {
			out = append(out, rows[from])
			from++
			continue
		}
		columns := rows[from]
		if n := len(out); n > 0 && len(out[n-1]) == len(columns) && fits(columns, out[n-1]) {
			from--
			out = out[:n-1]
		}
		for _, column := range columns {
			for _, row := range rows[from:to] {
				for _, it := range row {
					if standsUnder(column, it) {
						out = append(out, []item{it})
					}
				}
			}
		}
		from = to
	}
	return out
}

// areItems tells whether all pieces of a row begin with bullets.
func areItems(row []item) bool {
	return !slices.ContainsFunc(row, func(it item) bool {
		if it.line == nil {
			return true
		}
		mark := bulletMark().FindString(it.line.text)
		return mark == "" || len(mark) == len(it.line.text)
	})
}

// fits tells whether every piece of a row stands in a column of its own.
func fits(columns, row []item) bool {
	if len(row) > len(columns) {
		return false
	}
	for _, it := range row {
		n := 0
		for _, column := range columns {
			if standsUnder(column, it) {
				n++
			}
		}
		if n != 1 {
			return false
		}
	}
	return true
}

func standsUnder(column, it item) bool {
	return column.line != nil && it.line != nil && math.Abs(column.Left-it.Left) < 2.5*max(it.line.size, column.line.size)
}

// isLists tells lists that stand side by side from a table: most of their lines begin with a
// bullet.
func isLists(lines [][]string) bool {
	marked, filled := 0, 0
	for _, row := range lines {
		for _, cell := range row {
			if cell == "" {
				continue
			}
			filled++
			if mark := bulletMark().FindString(cell); mark != "" && len(mark) < len(cell) {
				marked++
			}
		}
	}
	return 2*marked > filled
}
