package ooxml

import (
	"strings"

	"morag/internal/content"
)

const (
	maxSpan    = 64   // columns that one cell may take, as in Word
	maxColumns = 1024 // of a row
)

// table reads a table. One that is a single column is a frame around text and no table:
// its contents become blocks of the flow.
func (s *story) table() error {
	columns := 0
	var rows [][]string
	spans := &spanned{isHead: true}
	var visit func(e element) error
	visit = func(e element) error {
		switch e.name {
		case "w:tblGrid":
			return s.x.each(func(e element) error {
				if e.name == "w:gridCol" {
					columns++
				}
				return nil
			})
		case "w:tr":
			if columns == 1 {
				return s.frameRow()
			}
			row, err := s.row(spans)
			if len(row) > 0 {
				rows = append(rows, row)
			}
			return err
		case "w:sdt", "w:sdtContent", "w:customXml", "w:ins", "w:moveTo":
			return s.x.each(visit)
		case "mc:AlternateContent":
			return s.x.alternate(visit)
		}
		return nil
	}
	if err := s.x.each(visit); err != nil {
		return err
	}
	if !hasText(rows) {
		rows = nil
	}
	if rows != nil {
		if err := s.sink(block{kind: table, rows: rows}); err != nil {
			return err
		}
	}
	held := s.held
	if s.cells > 0 {
		return nil
	}
	s.held = 0
	return s.putBreaks(held)
}

func hasText(rows [][]string) bool {
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" {
				return true
			}
		}
	}
	return false
}

// frameRow reads the cells of a row as blocks of the flow.
func (s *story) frameRow() error {
	deleted := false
	return s.cellsOf(&deleted, nil, func() error {
		if deleted {
			return nil
		}
		return s.all()
	})
}

// row reads the cells of a row.
func (s *story) row(spans *spanned) ([]string, error) {
	deleted := false
	err := s.cellsOf(&deleted, spans.skip, func() error {
		if deleted || len(spans.row) >= maxColumns {
			return nil
		}
		text, span, merged, err := s.cell()
		if err != nil {
			return err
		}
		spans.cell(text, span, merged)
		return s.spend(8 * max(min(span, maxSpan), 1))
	})
	row := spans.end()
	if deleted {
		return nil, err
	}
	return row, err
}

// cellsOf calls cell for the cells of a row, and skip for columns that have none.
func (s *story) cellsOf(deleted *bool, skip func(int), cell func() error) error {
	after := 0
	var visit func(e element) error
	visit = func(e element) error {
		switch e.name {
		case "w:trPr":
			return s.x.each(func(e element) error {
				switch e.name {
				case "w:del":
					*deleted = true
				case "w:gridBefore":
					if skip != nil {
						skip(toNumber(e.val()))
					}
				case "w:gridAfter":
					after = toNumber(e.val())
				}
				return nil
			})
		case "w:tc":
			return cell()
		case "w:sdt", "w:sdtContent", "w:customXml", "w:ins", "w:moveTo":
			return s.x.each(visit)
		}
		return nil
	}
	err := s.x.each(visit)
	if skip != nil {
		skip(after)
	}
	return err
}

// cell reads the text of a cell, its blocks on lines of their own, how many columns it takes,
// and which cell it goes on with.
func (s *story) cell() (text string, span int, merged merge, err error) {
	var blocks []block
	outer := s.sink
	s.sink = func(b block) error { blocks = append(blocks, b); return nil }
	s.cells++
	span = 1
	err = s.x.each(func(e element) error {
		switch {
		case e.name == "w:tcPr":
			return s.x.each(func(e element) error {
				switch e.name {
				case "w:gridSpan":
					span = max(toNumber(e.val()), 1)
				case "w:vMerge":
					if e.val() != "restart" {
						merged = mergedAbove
					}
				case "w:hMerge":
					if e.val() != "restart" {
						merged = mergedLeft
					}
				}
				return nil
			})
		case merged != unmerged:
			return nil
		}
		return s.block(e)
	})
	if err == nil {
		err = s.endCarried()
	}
	s.cells--
	s.sink = outer
	return cellText(blocks), span, merged, err
}

// cellText puts blocks on lines of their own, since a cell knows nothing else.
func cellText(blocks []block) string {
	var lines []string
	for _, b := range blocks {
		if line := b.line(); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.ReplaceAll(strings.Join(lines, "\n"), content.PageBreak, " ")
}
