package grid

import (
	"math/bits"
	"slices"
)

// maxBeside is the last column that is looked at for tables beside each other, from 0.
const maxBeside = 63

// beside parts a region at its empty columns into the tables that stand beside each other in it.
// An empty column alone parts nothing, since many tables have some for their look: each side has
// two columns and a head, and what is on the one side is longer than what is on the other, or has
// the same head.
func (t *Table) beside(r region) []region {
	if r.columns > maxBeside || r.columns-r.lead < 5 || r.to-r.from < 2 {
		return []region{r}
	}
	filled := uint64(0)
	for _, row := range t.rows[r.from:r.to] {
		filled |= row.filled
	}
	var all []region
	for at := r.lead; at < r.columns; {
		end := at + bits.TrailingZeros64(^(filled >> at))
		part := t.shrunk(region{r.from, r.to, at, end, true})
		if last := len(all) - 1; last >= 0 && !t.areBeside(all[last], part) {
			all[last] = t.shrunk(region{r.from, r.to, all[last].lead, end, true})
		} else {
			all = append(all, part)
		}
		at = end + bits.TrailingZeros64(filled>>end)
	}
	if len(all) < 2 {
		return []region{r}
	}
	return all
}

// shrunk is a region without the rows above and below that have nothing in its columns.
func (t *Table) shrunk(r region) region {
	columns := uint64(1)<<r.columns - uint64(1)<<r.lead
	for r.from < r.to && t.rows[r.from].filled&columns == 0 {
		r.from++
	}
	for r.from < r.to && t.rows[r.to-1].filled&columns == 0 {
		r.to--
	}
	return r
}

// areBeside tells whether two regions are tables of their own.
func (t *Table) areBeside(left, right region) bool {
	if !t.isWhole(left) || !t.isWhole(right) {
		return false
	}
	heads := func(r region) []string { return cellsOf(t.encoded(r.from))[r.lead:r.columns] }
	return left.from != right.from || left.to != right.to || slices.Equal(heads(left), heads(right))
}

// isWhole tells whether a region looks like a table by itself: a head over each of its two or more
// columns, a name in each row, and few cells that are empty.
func (t *Table) isWhole(r region) bool {
	if r.columns-r.lead < 2 || r.to-r.from < 2 {
		return false
	}
	if isNamed, _ := t.isHead(r); !isNamed {
		return false
	}
	columns, count := uint64(1)<<r.columns-uint64(1)<<r.lead, 0
	for _, row := range t.rows[r.from:r.to] {
		if row.filled&(1<<r.lead) == 0 {
			return false
		}
		count += bits.OnesCount64(row.filled & columns)
	}
	return 4*count >= 3*(r.to-r.from)*(r.columns-r.lead)
}
