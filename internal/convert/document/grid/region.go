package grid

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// region is a table among the rows of a sheet: the rows from and up to, the columns that are
// empty on the left of all of them or belong to a table beside it, and how many columns there
// are up to the last.
type region struct {
	from, to      int
	lead, columns int
	isBeside      bool // another one: its rows hold more
}

// regions finds the tables. An empty row alone parts nothing, since many tables have some in
// them: what follows has to lie in other columns, to begin with a head of its own, or to be a
// sentence.
func (t *Table) regions() []region {
	var all []region
	for from := 0; from < len(t.rows); {
		block := t.block(from)
		if last := len(all) - 1; last >= 0 && !t.isApart(all[last], block) {
			r := &all[last]
			r.to, r.lead, r.columns = block.to, min(r.lead, block.lead), max(r.columns, block.columns)
		} else {
			all = append(all, block)
		}
		from = block.to
	}
	var parted []region
	for _, r := range all {
		parted = append(parted, t.beside(r)...)
	}
	return parted
}

// block is the rows up to the next empty one.
func (t *Table) block(from int) region {
	b := region{from: from, to: from, lead: int(t.rows[from].lead)}
	for b.to < len(t.rows) && (b.to == from || !t.rows[b.to].parted) {
		b.lead, b.columns = min(b.lead, int(t.rows[b.to].lead)), max(b.columns, int(t.rows[b.to].cells))
		b.to++
	}
	return b
}

// isApart tells whether a block is another table than the region before it.
func (t *Table) isApart(before, block region) bool {
	isSame := before.lead == block.lead && before.columns == block.columns
	switch {
	case isSingle(block):
		return len(strings.Fields(t.first(block))) > 2
	case isSingle(before):
		return true
	case block.lead >= before.columns || block.columns <= before.lead:
		return true
	case block.to-block.from < 2 || before.to-before.from < 2 || block.columns-block.lead < 2:
		return false
	}
	isNamed, hasValues := t.isHead(block)
	return isNamed && (hasValues || !isSame)
}

// isSingle tells whether a region is one cell.
func isSingle(r region) bool { return r.to-r.from == 1 && r.columns-r.lead == 1 }

// first is the first cell of a region of one row.
func (t *Table) first(r region) string { return cellsOf(t.encoded(r.from))[r.lead] }

// isHead tells whether the first row of a block has a name in each column, and whether any of
// them is that of a value.
func (t *Table) isHead(block region) (isNamed, hasValues bool) {
	head, below := cellsOf(t.encoded(block.from)), cellsOf(t.encoded(block.from+1))
	if len(head) < block.columns {
		return false, false
	}
	for column := block.lead; column < block.columns; column++ {
		if head[column] == "" || isValue(head[column]) {
			return false, false
		}
		hasValues = hasValues || column < len(below) && isValue(below[column])
	}
	return true, hasValues
}

// cellsOf parts a row that is encoded. A bar in a cell has a backslash before it, one between
// two cells a blank.
func cellsOf(row string) []string {
	var cells []string
	start := 0
	for i := 1; i < len(row); i++ {
		if row[i] == '|' && row[i-1] == ' ' {
			cells = append(cells, strings.TrimSpace(row[start:i]))
			start = i + 1
		}
	}
	return cells
}

// ends is where the first n cells of a row that is encoded end; a row may have fewer.
func ends(row string, n int) int {
	for i := 1; i < len(row) && n > 0; i++ {
		if row[i] == '|' && row[i-1] == ' ' {
			if n--; n == 0 {
				return i + 1
			}
		}
	}
	if n > 0 {
		return len(row)
	}
	return 0
}

// isValue tells whether a cell is a number, a date or an amount rather than a name.
func isValue(cell string) bool {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(cell, "+-−(.~ "))
	return unicode.IsDigit(first) || unicode.Is(unicode.Sc, first) || unicode.Is(unicode.Co, first) // what is still to be computed
}

// title is the text of a region that is nothing else, unless it would mean something in
// Markdown.
func (t *Table) title(r region) (string, bool) {
	if !isSingle(r) || len(t.rows) == 1 {
		return "", false
	}
	text := t.first(r)
	first, _ := utf8.DecodeRuneInString(text)
	return text, unicode.IsLetter(first)
}
