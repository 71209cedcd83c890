package ooxml

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"morag/internal/convert"
	"morag/internal/convert/document/grid"
)

const (
	// maxSheetColumns is how many columns Excel has.
	maxSheetColumns = 16384
	// maxShared is the most texts that the cells of a workbook share.
	maxShared = 8 << 20
	// maxFormulas is the most formulas of one workbook that are computed here.
	maxFormulas = 100_000
	// pendingOpen and pendingClose stand around the number of a formula until it is
	// computed; they are in Unicode's private use area.
	pendingOpen, pendingClose = "\uE004", "\uE005"
)

// sheet reads the cells of one worksheet.
type sheet struct {
	*workbook
	name  string
	table grid.Table
	links map[string]string // by cell
	row   []string
	line  int
	next  int // the column of a cell that names none
	spent int64
	// Which columns are hidden, those of them that held something, and how many hidden rows did.
	hidden []bool
	ranges int // of columns that the sheet describes
	lost   map[int]bool

	hiddenRows int
}

// read streams the rows into the table.
func (s *sheet) read(ctx context.Context, part string) error {
	relations, err := s.relations(ctx, part)
	if err != nil && !isDamage(err) {
		return err
	}
	for _, r := range relations {
		if r.external && r.kind == "hyperlink" {
			// What is linked is told only behind the cells.
			if err := s.readLinks(ctx, part, relations); err != nil {
				return err
			}
			break
		}
	}
	return s.scan(ctx, part, s.limits.MaxTotal, func(x *scanner, root element) error {
		if root.name != "x:worksheet" {
			return nil // a sheet that is a chart or a dialog
		}
		return x.each(func(e element) error {
			switch e.name {
			case "x:cols":
				return x.each(s.readColumn)
			case "x:sheetData":
				return x.each(func(e element) error {
					if e.name != "x:row" {
						return nil
					}
					return s.readRow(x, e)
				})
			case "x:oleObjects", "mc:AlternateContent":
				return s.countObjects(x, e)
			}
			return nil
		})
	})
}

// readColumn notes columns that are hidden.
func (s *sheet) readColumn(e element) error {
	first, errFirst := strconv.Atoi(e.attr("", "min"))
	last, errLast := strconv.Atoi(e.attr("", "max"))
	if s.ranges++; s.ranges > maxSheetColumns || !isOn(e.attr("", "hidden"), false) || errFirst != nil || errLast != nil {
		return nil
	}
	for column := max(first, 1); column <= min(last, maxSheetColumns); column++ {
		for len(s.hidden) < column {
			s.hidden = append(s.hidden, false)
		}
		s.hidden[column-1] = true
	}
	return nil
}

func (s *sheet) isHidden(column int) bool { return column < len(s.hidden) && s.hidden[column] }

// countObjects counts the files that are embedded in a sheet.
func (s *sheet) countObjects(x *scanner, e element) error {
	var visit func(e element) error
	visit = func(e element) error {
		switch e.name {
		case "x:oleObject":
			s.leaveOut("embedded objects")
			return nil
		case "x:oleObjects":
			return x.each(visit)
		case "mc:AlternateContent":
			return x.alternate(visit)
		}
		return nil
	}
	return visit(e)
}

func (s *sheet) readLinks(ctx context.Context, part string, relations map[string]relation) error {
	s.links = map[string]string{}
	err := s.scan(ctx, part, s.limits.MaxTotal, func(x *scanner, _ element) error {
		return x.each(func(e element) error {
			if e.name != "x:hyperlinks" {
				return nil
			}
			return x.each(func(e element) error {
				r := relations[e.attr("r", "id")]
				cell, _, _ := strings.Cut(e.attr("", "ref"), ":")
				if address := link(r.target); r.external && address != "" && len(s.links) < maxFormulas {
					s.links[cell] = address
				}
				return nil
			})
		})
	})
	if isDamage(err) { // the rows will say so
		return nil
	}
	return err
}

func (s *sheet) readRow(x *scanner, e element) error {
	s.row, s.next = s.row[:0], 0
	before := s.line
	s.line++
	if n, err := strconv.Atoi(e.attr("", "r")); err == nil && n > 0 {
		s.line = n
	}
	if s.line > before+1 {
		s.table.Row(nil)
	}
	err := x.each(func(e element) error {
		if e.name != "x:c" {
			return nil
		}
		return s.readCell(x, e)
	})
	if err != nil {
		return err
	}
	if isOn(e.attr("", "hidden"), false) {
		if len(s.row) > 0 {
			s.hiddenRows++
		}
		return nil
	}
	s.table.Row(s.row)
	size := s.table.Size()
	s.spent, size = size, size-s.spent
	return s.spend(int(size))
}

// readCell puts a cell into its column.
func (s *sheet) readCell(x *scanner, e element) error {
	name := e.attr("", "r")
	column := columnOf(name)
	if column < 0 {
		column = s.next
		name = columnName(column) + strconv.Itoa(s.line)
	}
	if column >= maxSheetColumns {
		return convert.BadSource("the workbook is damaged: a cell lies outside of its sheet", nil)
	}
	s.next = column + 1
	var value, formula string
	valued := false
	kind := e.attr("", "t")
	err := x.each(func(e element) (err error) {
		switch e.name {
		case "x:v":
			valued = true
			value, err = x.text()
		case "x:is":
			valued = true
			value, err = richText(x)
		case "x:f":
			formula, err = x.text()
			if formula == "" {
				formula = "?" // shared with another cell
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	style, _ := strconv.Atoi(e.attr("", "s"))
	text := s.show(kind, value, style)
	if formula != "" && (!valued || value == "" && kind != "str") {
		text = s.pend(name, formula, style)
	}
	if address := s.links[name]; address != "" && strings.TrimSpace(text) != "" {
		text = linked(text, address)
	}
	if strings.TrimSpace(text) == "" {
		return nil
	}
	if s.isHidden(column) {
		if s.lost == nil {
			s.lost = map[int]bool{}
		}
		s.lost[column] = true
		return nil
	}
	for len(s.row) <= column {
		s.row = append(s.row, "")
	}
	s.row[column] = text
	return nil
}

// linked makes a link of the text of a cell.
func linked(text, address string) string {
	if text == address {
		return "<" + address + ">"
	}
	text = strings.Join(strings.Fields(text), " ")
	return "[" + string(escape(nil, []byte(text), 0, 0, true)) + "](" + address + ")"
}

// pend remembers a formula without a value and returns what stands in its place.
func (s *sheet) pend(cell, formula string, style int) string {
	if len(s.pending) >= maxFormulas {
		s.unknown++
		return "=" + formula
	}
	s.pending = append(s.pending, pendingCell{Cell{Sheet: s.name, Name: cell}, formula, style})
	return pendingOpen + strconv.Itoa(len(s.pending)-1) + pendingClose
}

// show makes text of a cell's value.
func (w *workbook) show(kind, value string, style int) string {
	switch kind {
	case "s":
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || n < 0 || n >= len(w.shared) {
			return ""
		}
		return w.shared[n]
	case "str", "inlineStr":
		return unescapeCell(value)
	case "b":
		return map[string]string{"0": "FALSE", "1": "TRUE"}[strings.TrimSpace(value)]
	case "e", "d":
		return value
	}
	if value == "" {
		return ""
	}
	format := numberFormat{general: true}
	if style >= 0 && style < len(w.formats) {
		format = w.formats[style]
	}
	return format.show(value, w.from1904)
}

// richText joins the runs of a text; how East Asian characters are read is left out.
func richText(x *scanner) (string, error) {
	var text strings.Builder
	var visit func(e element) error
	visit = func(e element) error {
		switch e.name {
		case "x:r":
			return x.each(visit)
		case "x:t":
			part, err := x.text()
			text.WriteString(part)
			return err
		}
		return nil
	}
	err := x.each(visit)
	return unescapeCell(text.String()), err
}

// escaped is a character that XML cannot hold, in a text (ECMA-376 part 1, 22.9.2.19).
var escaped = regexp.MustCompile(`_x([0-9A-Fa-f]{4})_`)

func unescapeCell(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	return escaped.ReplaceAllStringFunc(s, func(code string) string {
		n, err := strconv.ParseUint(code[2:6], 16, 16)
		if err != nil {
			return code
		}
		return string(rune(n))
	})
}

// columnOf is the index from 0 of the column that a cell's name begins with, -1 when it
// names none.
func columnOf(cell string) int {
	column := 0
	for i := 0; i < len(cell) && i < 4; i++ {
		c := cell[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		column = column*26 + int(c-'A') + 1
	}
	return column - 1
}

func columnName(column int) string {
	name := ""
	for column++; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}
