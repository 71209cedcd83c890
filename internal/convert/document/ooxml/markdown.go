package ooxml

import (
	"strconv"
	"strings"

	"morag/internal/content"
)

type kind uint8

const (
	noBlock kind = iota
	paragraph
	heading
	item
	quote
	listing // code
	table
	pageBreak
	verbatim // blocks that are Markdown already
)

// block is one piece of a document's flow.
type block struct {
	kind  kind
	level int    // of a heading from 1, of a list item from 0
	label string // of an item or a heading: "-", "3.", "b)"
	text  string // Markdown with "\n" for line breaks; the code itself of a listing
	rows  [][]string
}

// line is the block as it stands in the cell of a table.
func (b block) line() string {
	switch b.kind {
	case heading, item:
		return strings.TrimSpace(b.label + " " + b.text)
	case listing:
		lines := strings.Split(b.text, "\n")
		for i, line := range lines {
			if strings.TrimSpace(line) != "" {
				lines[i] = codeSpan(line)
			}
		}
		return strings.Join(lines, "\n")
	case table:
		lines := make([]string, len(b.rows))
		for i, row := range b.rows {
			lines[i] = strings.Join(row, ", ")
		}
		return strings.Join(lines, "\n")
	case pageBreak:
		return ""
	}
	return b.text
}

// markdown puts blocks together. Neighbours of one kind may belong together: the items
// of a list, the lines of a program.
type markdown struct {
	out   strings.Builder
	last  kind
	items []openItem // the items that the next one may stand in
	code  []string
}

// openItem is a list item: where its text begins, and the sign of its list, '-' or
// what follows the number.
type openItem struct {
	level, column int
	sign          byte
}

func (m *markdown) add(b block) {
	if b.kind == listing {
		m.code = append(m.code, b.text)
		return
	}
	m.endCode()
	switch b.kind {
	case paragraph:
		m.begin(b.kind)
		m.lines(b.text, "")
	case heading:
		m.begin(b.kind)
		text := oneLine(b.label + " " + b.text)
		m.out.WriteString(strings.Repeat("#", b.level) + " " + text)
		if strings.HasSuffix(text, "#") { // which would close the heading
			m.out.WriteString(" #")
		}
	case item:
		m.item(b)
	case quote:
		m.begin(b.kind)
		m.out.WriteString("> ")
		m.lines(b.text, "> ")
	case table:
		m.begin(b.kind)
		m.table(b.rows)
	case pageBreak:
		m.pageBreak()
	case verbatim:
		m.begin(b.kind)
		m.out.WriteString(b.text)
	}
}

func (m *markdown) begin(k kind) {
	if m.out.Len() > 0 {
		m.out.WriteString("\n\n")
	}
	m.last, m.items = k, m.items[:0]
}

// lines writes text with hard line breaks, every further line behind a margin.
func (m *markdown) lines(text, margin string) {
	first := true
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.Trim(line, " \t")
		if !first {
			m.out.WriteString("  \n" + margin)
		}
		m.out.WriteString(escapeStart(line))
		first = false
	}
}

// pageBreak stands alone between blocks, but inside of a list on the line of the last
// item, where it does not end the list.
func (m *markdown) pageBreak() {
	switch {
	case m.last == item:
		m.out.WriteString(content.PageBreak)
	case m.out.Len() > 0:
		m.out.WriteString("\n\n" + content.PageBreak)
	default:
		m.out.WriteString(content.PageBreak)
	}
}

// item writes a list item under the last one of a higher level. Markdown knows numbers
// with a dot or a bracket; any other label becomes the first word of a bulleted item.
func (m *markdown) item(b block) {
	marker, text := b.label, b.text
	if !isMarker(marker) {
		marker, text = "-", strings.TrimSpace(marker+" "+text)
	}
	sign := marker[len(marker)-1]
	sibling := false
	for len(m.items) > 0 && m.items[len(m.items)-1].level >= b.level {
		top := m.items[len(m.items)-1]
		sibling = top.level == b.level && top.sign == sign
		m.items = m.items[:len(m.items)-1]
	}
	margin := ""
	if len(m.items) > 0 {
		margin = strings.Repeat(" ", m.items[len(m.items)-1].column)
	}
	// A list that begins with another number than 1 needs a blank line before it.
	tight := m.last == item && (sibling || sign == '-' || strings.TrimLeft(marker[:len(marker)-1], "0") == "1")
	switch {
	case tight:
		m.out.WriteByte('\n')
	case m.out.Len() > 0:
		m.out.WriteString("\n\n")
	}
	m.last = item
	m.items = append(m.items, openItem{b.level, len(margin) + len(marker) + 1, sign})
	m.out.WriteString(margin + marker + " ")
	m.lines(text, margin+strings.Repeat(" ", len(marker)+1))
}

// isMarker tells whether Markdown takes the label as that of a list item.
func isMarker(label string) bool {
	if label == "-" {
		return true
	}
	digits := strings.TrimRight(label, ".)")
	_, err := strconv.ParseUint(digits, 10, 32)
	return err == nil && len(digits) <= 9 && len(label) == len(digits)+1
}

func (m *markdown) endCode() {
	if len(m.code) == 0 {
		return
	}
	text := strings.Trim(strings.Join(m.code, "\n"), "\n")
	m.code = nil
	if strings.TrimSpace(text) == "" {
		return
	}
	fence := strings.Repeat("`", max(3, longestRun(text, '`')+1))
	m.begin(listing)
	m.out.WriteString(fence + "\n" + text + "\n" + fence)
}

var cellEscaper = strings.NewReplacer("|", `\|`, "\n", "<br>")

// table writes rows with the first one as the header, which Markdown cannot do without.
// The header is as wide as the widest row; shorter rows may end early.
func (m *markdown) table(rows [][]string) {
	width := 1
	for _, row := range rows {
		width = max(width, len(row))
	}
	for i, row := range rows {
		if i > 0 {
			m.out.WriteByte('\n')
		}
		m.out.WriteByte('|')
		for _, cell := range row {
			if i == 0 {
				cell = plainHeader(cell)
			}
			m.out.WriteString(" " + cellEscaper.Replace(cell) + " |")
		}
		if i == 0 {
			m.out.WriteString(strings.Repeat("  |", width-len(row)) + "\n|" + strings.Repeat(" --- |", width))
		}
	}
}

// plainHeader takes the bold off a cell of the header, which is shown bold anyway.
func plainHeader(cell string) string {
	inner := strings.TrimSuffix(strings.TrimPrefix(cell, "**"), "**")
	if len(inner) == len(cell)-4 && !strings.ContainsAny(inner, `*\`) {
		return inner
	}
	return cell
}

// String ends the document.
func (m *markdown) String() string {
	m.endCode()
	return m.out.String()
}
