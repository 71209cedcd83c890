// Package grid writes rows of cells as a Markdown table. It is for tables of any
// length: a row is encoded when it comes and not kept otherwise.
package grid

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// blank is an empty cell as it is encoded.
const blank = "  |"

// Table collects the rows of one table; the first becomes its header. Rows may differ
// in length: the shorter ones are filled up. Empty rows are left out, and so are columns
// that are empty in every row, on the left and on the right. The zero value is an empty
// table, which may take up to 4 GiB. It is not safe for concurrent use.
type Table struct {
	text    strings.Builder // the cells of all rows
	rows    []row
	lead    int // empty columns on the left of every row
	columns int // columns up to the last that is not empty
}

// row is where the cells of a row end in the text, and how many there are.
type row struct{ end, cells uint32 }

// Row adds a row. The slice is not kept.
func (t *Table) Row(cells []string) {
	last, first := len(cells), 0
	for last > 0 && isBlank(cells[last-1]) {
		last--
	}
	if last == 0 {
		return
	}
	for isBlank(cells[first]) {
		first++
	}
	if len(t.rows) == 0 || first < t.lead {
		t.lead = first
	}
	for _, cell := range cells[:last] {
		if isBlank(cell) {
			t.text.WriteString(blank)
			continue
		}
		t.text.WriteByte(' ')
		t.text.WriteString(Escape(cell))
		t.text.WriteString(" |")
	}
	t.columns = max(t.columns, last)
	t.rows = append(t.rows, row{end: uint32(t.text.Len()), cells: uint32(last)})
}

// Size is about how many bytes the table takes.
func (t *Table) Size() int64 { return int64(t.text.Len() + 3*len(t.rows)) }

// Rows is how many rows there are, the header included.
func (t *Table) Rows() int { return len(t.rows) }

// WriteTo writes the table without a line end after the last row, and nothing for an
// empty table.
func (t *Table) WriteTo(out *strings.Builder) {
	cells := 0
	for _, r := range t.rows {
		cells += int(r.cells)
	}
	// One wide row among many narrow ones would make a small file a huge table: such
	// rows stay short, as Markdown allows.
	fill := t.columns*len(t.rows) <= 4*cells+1<<16
	out.Grow(int(t.Size()))
	start := uint32(0)
	for i, r := range t.rows {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteByte('|')
		out.WriteString(t.text.String()[start+uint32(t.lead*len(blank)) : r.end])
		if fill || i == 0 {
			out.WriteString(strings.Repeat(blank, t.columns-int(r.cells)))
		}
		if i == 0 {
			out.WriteString("\n|" + strings.Repeat(" --- |", t.columns-t.lead))
		}
		start = r.end
	}
}

// String is the table as WriteTo writes it.
func (t *Table) String() string {
	var out strings.Builder
	t.WriteTo(&out)
	return out.String()
}

func isBlank(cell string) bool { return strings.TrimFunc(cell, isSpace) == "" }

func isSpace(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// Escape makes one line of the text of a cell: line ends become <br>, a bar gets a
// backslash, control characters are white space and broken characters U+FFFD.
func Escape(cell string) string {
	cell = strings.TrimFunc(cell, isSpace)
	if !strings.ContainsFunc(cell, isSpecial) {
		return cell
	}
	var out strings.Builder
	cell = strings.ReplaceAll(strings.ReplaceAll(cell, "\r\n", "\n"), "\r", "\n")
	for _, r := range cell {
		switch {
		case r == '\n':
			out.WriteString("<br>")
		case r == '|':
			out.WriteString(`\|`)
		case unicode.IsControl(r):
			out.WriteByte(' ')
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

func isSpecial(r rune) bool {
	return unicode.IsControl(r) || r == '|' || r == utf8.RuneError
}
