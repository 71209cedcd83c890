package ooxml

// merge says which cell another one goes on with.
type merge uint8

const (
	unmerged merge = iota
	mergedAbove
	mergedLeft
)

// maxRepeated is the longest text of a cell, in bytes, that is repeated: what is longer is no
// name of rows or columns.
const maxRepeated = 200

// spanned puts the cells of a table into columns. What goes on through several rows stands in
// each of them, and in the heads what goes over several columns stands over each; what else is
// covered by another cell is empty, as a title over the whole table is once.
type spanned struct {
	isHead bool // the row names columns: the first one, and those below names that span some
	row    []string
	above  []string // of the row before, what may be repeated
	kept   []string // the same of this one
	cells  [][2]int // that are no part of another: the columns from and up to
}

// skip leaves columns empty.
func (s *spanned) skip(columns int) {
	for range min(columns, maxSpan, maxColumns-len(s.row)) {
		s.row, s.kept = append(s.row, ""), append(s.kept, "")
	}
}

// cell adds a cell and the columns that it takes.
func (s *spanned) cell(text string, columns int, merged merge) {
	at := len(s.row)
	kept := text
	switch {
	case merged == mergedLeft:
		if s.skip(columns); len(s.cells) > 0 {
			s.cells[len(s.cells)-1][1] = len(s.row)
		}
		return
	case merged == mergedAbove && at < len(s.above):
		text, kept = s.above[at], s.above[at]
	}
	if len(kept) > maxRepeated {
		kept = ""
	}
	s.row, s.kept = append(s.row, text), append(s.kept, kept)
	s.skip(columns - 1)
	s.cells = append(s.cells, [2]int{at, len(s.row)})
}

// end ends the row and returns it.
func (s *spanned) end() []string {
	row := s.row
	spans := false
	if s.isHead && len(s.cells) > 1 {
		for _, cell := range s.cells {
			for column := cell[0] + 1; column < cell[1]; column++ {
				row[column], s.kept[column], spans = s.kept[cell[0]], s.kept[cell[0]], true
			}
		}
	}
	isTitle := s.isHead && len(s.cells) == 1
	*s = spanned{isHead: spans || isTitle, above: s.kept}
	return row
}
