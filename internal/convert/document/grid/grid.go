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

// Table collects the rows of a sheet; the first one of a table becomes its header. Rows may
// differ in length: the shorter ones are filled up. Empty rows are left out, and so are columns
// that are empty in every row, on the left and on the right. Where an empty row or an empty column
// parts what looks like tables of their own, each is written as one ([Table.WriteTo]). The zero value is empty
// and may take up to 4 GiB. It is not safe for concurrent use.
type Table struct {
	text strings.Builder // the cells of all rows
	rows []row
	gap  bool // an empty row came last
}

// row is where the cells of a row end in the text, how many there are, how many of them are
// empty before the first that is not, which of the first are not, as bits, and whether an
// empty row is before it.
type row struct {
	end, cells, lead uint32
	parted           bool
	filled           uint64
}

// Row adds a row, which may be empty. The slice is not kept.
func (t *Table) Row(cells []string) {
	last, first := len(cells), 0
	for last > 0 && isBlank(cells[last-1]) {
		last--
	}
	if last == 0 {
		t.gap = true
		return
	}
	for isBlank(cells[first]) {
		first++
	}
	filled := uint64(0)
	for i, cell := range cells[:last] {
		if isBlank(cell) {
			t.text.WriteString(blank)
			continue
		}
		filled |= 1 << min(i, maxBeside)
		t.text.WriteByte(' ')
		t.text.WriteString(Escape(cell))
		t.text.WriteString(" |")
	}
	t.rows = append(t.rows, row{uint32(t.text.Len()), uint32(last), uint32(first), t.gap && len(t.rows) > 0, filled})
	t.gap = false
}

// Size is about how many bytes the table takes.
func (t *Table) Size() int64 { return int64(t.text.Len() + 3*len(t.rows)) }

// Rows is how many rows there are, the header included.
func (t *Table) Rows() int { return len(t.rows) }

// WriteTo writes the table without a line end after the last row, and nothing for an
// empty one. Several tables stand apart; one that is a single text is a paragraph.
func (t *Table) WriteTo(out *strings.Builder) {
	out.Grow(int(t.Size()))
	for i, r := range t.regions() {
		if i > 0 {
			out.WriteString("\n\n")
		}
		t.write(out, r)
	}
}

func (t *Table) write(out *strings.Builder, r region) {
	rows := t.rows[r.from:r.to]
	if title, ok := t.title(r); ok {
		out.WriteString(title)
		return
	}
	cells := 0
	for _, row := range rows {
		cells += min(int(row.cells), r.columns)
	}
	// One wide row among many narrow ones would make a small file a huge table: such
	// rows stay short, as Markdown allows.
	fill := r.columns*len(rows) <= 4*cells+1<<16
	for i, row := range rows {
		if i > 0 {
			out.WriteByte('\n')
		}
		out.WriteByte('|')
		out.WriteString(t.window(r, r.from+i))
		if fill || i == 0 {
			out.WriteString(strings.Repeat(blank, max(r.columns-max(int(row.cells), r.lead), 0)))
		}
		if i == 0 {
			out.WriteString("\n|" + strings.Repeat(" --- |", r.columns-r.lead))
		}
	}
}

// window is what of a row belongs to a region.
func (t *Table) window(r region, i int) string {
	text := t.encoded(i)
	if !r.isBeside {
		return text[r.lead*len(blank):]
	}
	from, to := ends(text, r.lead), ends(text, r.columns)
	return text[from:to]
}

// encoded is a row as it is written.
func (t *Table) encoded(i int) string {
	start := uint32(0)
	if i > 0 {
		start = t.rows[i-1].end
	}
	return t.text.String()[start:t.rows[i].end]
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
