package odt

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"morag/internal/content"
	"morag/internal/convert/document/grid"
	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/source"
)

var spreadsheets = kind{
	noun: "an OpenDocument spreadsheet (ods)", mime: "application/vnd.oasis.opendocument.spreadsheet", root: "spreadsheet",
	engine: "ods", read: readSheets,
}

// Spreadsheet makes Markdown of an OpenDocument spreadsheet: a section with a table for each
// sheet that is shown and not empty, what lies over it and what was remarked on its cells.
// Dates are in ISO 8601, numbers as the cells show them but never rounded. The metadata
// names the sheets under "sheets".
func Spreadsheet(ctx context.Context, src source.File) (*content.Document, error) {
	return spreadsheets.open(ctx, src)
}

// maxColumns is how many columns a sheet may have.
const maxColumns = 16384

// cutRepeats are what is left out of cells that stand for more than are written.
const cutRepeats = "the rest of cells that repeat more than 1,000 times"

// book is what the sheets of a spreadsheet share.
type book struct {
	*odtReader
	out           strings.Builder
	names, hidden []string
	withoutValue  int // formulas
}

// sheet is a sheet while it is read.
type sheet struct {
	*book
	table   grid.Table
	around  *html.Node
	columns []column
	lost    []bool // those of them that hold something
	row     []string
	line    int // of the row, from 1
}

// column is a column that the sheet describes: whether it is hidden, and how many that are
// stand before it.
type column struct {
	isHidden bool
	before   int
}

func readSheets(ctx context.Context, r *odtReader, body []byte, meta map[string]any) (string, error) {
	b := &book{odtReader: r}
	r.page = element(atom.Body)
	if err := r.readStyles(); err != nil {
		return "", err
	}
	seen := false
	err := r.scan(body, func() error {
		seen = true
		return r.each(func(e xml.StartElement) error {
			if e.Name.Local != "table" {
				return nil
			}
			return b.sheet(ctx, e)
		})
	})
	if err == nil && !seen {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return "", err
	}
	meta["sheets"] = b.names
	b.leftOut("sheet", b.hidden)
	if b.withoutValue > 0 {
		b.warn("Formulas without a value, which stand as formulas: %d.", b.withoutValue)
	}
	return b.out.String(), nil
}

func (b *book) sheet(ctx context.Context, e xml.StartElement) error {
	name := property.Line(odtAttr(e, "name"))
	if b.isHidden(odtAttr(e, "style-name")) || odtAttr(e, "display") == "false" {
		b.hidden = append(b.hidden, name)
		return nil
	}
	b.names = append(b.names, name)
	s := &sheet{book: b, around: element(atom.Div)}
	if err := s.each(s.part); err != nil {
		return err
	}
	for _, lost := range s.lost {
		if lost {
			b.left.Add("hidden columns", 1)
		}
	}
	around, err := markup.WithNotes(ctx, s.around)
	if err != nil {
		return errors.Join(errMarkdown, err)
	}
	if s.table.Rows() == 0 && around == "" {
		return nil
	}
	if b.out.Len() > 0 {
		b.out.WriteString("\n\n")
	}
	b.out.WriteString("## " + name)
	if s.table.Rows() > 0 {
		b.out.WriteString("\n\n")
		s.table.WriteTo(&b.out)
	}
	if around != "" {
		b.out.WriteString("\n\n" + around)
	}
	if int64(b.out.Len()) > b.limit {
		return errText
	}
	return nil
}

// part reads what a sheet consists of.
func (s *sheet) part(e xml.StartElement) error {
	switch e.Name.Local {
	case "table-columns", "table-column-group", "table-header-columns", "table-rows", "table-row-group", "table-header-rows":
		return s.each(s.part)
	case "table-column":
		c := column{isHidden: isCollapsed(e)}
		for range min(odtNumber(e, "number-columns-repeated", 1), maxColumns-len(s.columns)) {
			c.before = s.hiddenBefore(len(s.columns))
			s.columns = append(s.columns, c)
		}
	case "table-row":
		return s.readRow(e)
	case "shapes":
		return s.each(func(e xml.StartElement) error { return s.shape(s.around, e) })
	}
	return nil
}

func isCollapsed(e xml.StartElement) bool {
	v := odtAttr(e, "visibility")
	return v == "collapse" || v == "filter"
}

func (s *sheet) readRow(e xml.StartElement) error {
	s.row = s.row[:0]
	repeated := odtNumber(e, "number-rows-repeated", 1)
	s.line++
	isHidden := isCollapsed(e)
	next := 0
	around := s.around
	if isHidden {
		s.around = element(atom.Div) // what belongs to the row goes with it
	}
	err := s.each(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "table-cell", "covered-table-cell":
			return s.cell(e, &next)
		}
		return nil
	})
	s.around = around
	if err != nil {
		return err
	}
	s.line += max(repeated-1, 0)
	if len(s.row) == 0 {
		if !isHidden {
			s.table.Row(nil) // which may part two tables
		}
		return nil
	}
	if isHidden {
		s.left.Add("hidden rows", repeated)
		return nil
	}
	if repeated > maxRepeat {
		s.left.Add(cutRepeats, len(s.row))
	}
	for range min(repeated, maxRepeat) {
		s.table.Row(s.row)
		if s.table.Size() > s.limit {
			return errText
		}
	}
	return nil
}

// cell adds a cell to the row, as often as it stands there.
func (s *sheet) cell(e xml.StartElement, next *int) error {
	at := *next
	repeated := odtNumber(e, "number-columns-repeated", 1)
	text, err := s.content(e, at)
	if err != nil {
		return err
	}
	*next = min(at+repeated, maxColumns)
	if e.Name.Local == "covered-table-cell" || strings.TrimSpace(text) == "" {
		return nil // it belongs to the cell that spans it
	}
	if repeated > maxRepeat {
		s.left.Add(cutRepeats, 1)
	}
	for i := at; i < min(at+min(repeated, maxRepeat), maxColumns); i++ {
		if i < len(s.columns) && s.columns[i].isHidden {
			s.lost = append(s.lost, make([]bool, max(i+1-len(s.lost), 0))...)
			s.lost[i] = true
			continue
		}
		place := i - s.hiddenBefore(i)
		for len(s.row) < place {
			s.row = append(s.row, "")
		}
		s.row = append(s.row, text)
	}
	return nil
}

// hiddenBefore is how many hidden columns stand before one.
func (s *sheet) hiddenBefore(at int) int {
	if at = min(at, len(s.columns)); at == 0 {
		return 0
	}
	last := s.columns[at-1]
	if last.isHidden {
		return last.before + 1
	}
	return last.before
}

// content reads what a cell shows; its comments and drawings go below the table.
func (s *sheet) content(e xml.StartElement, at int) (string, error) {
	var lines []string
	err := s.each(func(child xml.StartElement) error {
		switch child.Name.Local {
		case "p", "h":
			if s.isHidden(odtAttr(child, "style-name")) {
				return s.leaveOut()
			}
			p := element(atom.P)
			if err := s.inline(p, odtPlace{font: s.font(odtAttr(e, "style-name"))}); err != nil {
				return err
			}
			lines = append(lines, cellLine(p))
		case "annotation":
			return s.remark(func(comment *html.Node) {
				label(comment, "Comment on "+columnName(at)+strconv.Itoa(s.line)+": ")
				s.around.AppendChild(comment)
			})
		case "frame", "g", "custom-shape", "rect", "ellipse":
			return s.shape(s.around, child)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	for _, box := range s.boxes {
		s.around.AppendChild(box)
	}
	s.boxes = nil
	text, known := shown(e, strings.Join(lines, "\n"))
	if !known {
		s.withoutValue++
	}
	return text, nil
}

// cellLine is the text of a paragraph, with the line ends that are in it and what links
// lead to.
func cellLine(p *html.Node) string {
	var out strings.Builder
	for n := range p.Descendants() {
		switch {
		case n.Type == html.TextNode:
			out.WriteString(n.Data)
		case n.DataAtom == atom.Br:
			out.WriteByte('\n')
		}
	}
	lines := strings.Split(out.String(), "\n")
	for i, line := range lines {
		lines[i] = strings.Join(strings.Fields(line), " ")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// columnName is "A" of 0 and "AA" of 26.
func columnName(at int) string {
	name := ""
	for at++; at > 0; at = (at - 1) / 26 {
		name = string(rune('A'+(at-1)%26)) + name
	}
	return name
}
