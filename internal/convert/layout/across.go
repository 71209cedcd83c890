package layout

import (
	"math"
	"slices"
)

// joinTables puts together the tables that go on at the top of the next page, whose heads are
// often written again there.
func joinTables(sheets []*sheet) {
	var open *table // at the end of the page before
	for _, s := range sheets {
		if s.Ready != nil {
			open = nil
			continue
		}
		first := s.first()
		if first == nil {
			open = nil
			continue
		}
		last := s.last()
		if open != nil && first.table != nil && open.goesOnIn(first.table) {
			open.append(first.table)
			if last == first {
				last.table = nil
				continue // as open as before
			}
			first.table = nil
		}
		open = last.table
	}
}

// last is the last block of the text.
func (s *sheet) last() *block {
	for i := len(s.blocks) - 1; i >= 0; i-- {
		if b := &s.blocks[i]; b.kind != note && (b.text != "" || b.table != nil) {
			return b
		}
	}
	return s.first()
}

// goesOnIn tells whether another table has the columns of this one.
func (t *table) goesOnIn(next *table) bool {
	if len(t.rows) == 0 || len(next.rows) == 0 || len(t.rows[0]) != len(next.rows[0]) {
		return false
	}
	return slices.Equal(t.rows[0], next.rows[0]) || math.Abs(t.Left-next.Left) < sameColumn && math.Abs(t.Right-next.Right) < 4*sameColumn
}

// sameColumn is how far apart in points the edges of a table may be on two pages.
const sameColumn = 8.0

// append adds the rows of a table, without a head that is that of this one.
func (t *table) append(next *table) {
	rows := next.rows
	if slices.Equal(t.rows[0], rows[0]) {
		rows = rows[1:]
	}
	t.rows = append(t.rows, rows...)
}
