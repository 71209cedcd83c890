package scoretest

import (
	"regexp"
	"strings"
	"unicode"
)

// parts are what of a document is measured.
type parts struct {
	words    []string
	headings []entry
	items    []entry
	cells    []cell
	tables   int
}

// entry is a heading with its level or a list item with its depth, both from 1.
type entry struct {
	level int
	text  string
}

// cell is a cell of a table and where it belongs: the first cell of its row or of its column.
type cell struct{ head, text string }

var (
	headingLine = regexp.MustCompile(`^(#{1,6})\s+(.*?)\s*#*$`)
	itemLine    = regexp.MustCompile(`^([ \t]*)(?:[-*+]|\d{1,9}[.)])[ \t]+(.*)$`)
	ruleLine    = regexp.MustCompile(`^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?$`)
	marks       = regexp.MustCompile(`<br ?/?>|<[a-zA-Z/][^<>]*>|\]\([^()\s]*\)`)
	noteMark    = regexp.MustCompile(`\[\^[^\]\s]*\]:?`)
	escaped     = regexp.MustCompile(`\\([!-/:-@\[-` + "`" + `{-~])`)
)

// isWordRune tells letters, digits and the marks on them.
func isWordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

// plain takes the marks of Markdown off a line.
func plain(line string) string {
	line = noteMark.ReplaceAllString(line, " ")
	line = marks.ReplaceAllString(line, " ")
	line = escaped.ReplaceAllString(line, "$1")
	return strings.NewReplacer("*", "", "`", "", "~~", "").Replace(line)
}

// key is what a text is compared by.
func key(text string) string { return strings.Join(words(plain(text)), " ") }

// parse reads the Markdown that converters write: headings by #, lists, tables with pipes.
func parse(markdown string) parts {
	var p parts
	var rows [][]string
	var item *entry // whose lines may go on
	var indents []int
	endTable := func() {
		p.addTable(rows)
		rows = nil
	}
	for line := range strings.SplitSeq(strings.ReplaceAll(markdown, "\f", "\n"), "\n") {
		line = strings.TrimRight(line, " \t\r")
		if strings.HasPrefix(strings.TrimSpace(line), "|") {
			item = nil
			if !ruleLine.MatchString(strings.TrimSpace(line)) {
				rows = append(rows, splitRow(line))
				p.words = append(p.words, words(plain(strings.ReplaceAll(line, "|", " ")))...)
			}
			continue
		}
		endTable()
		p.words = append(p.words, words(plain(line))...)
		switch found := headingLine.FindStringSubmatch(line); {
		case found != nil:
			p.headings = append(p.headings, entry{len(found[1]), key(found[2])})
			item, indents = nil, nil
			continue
		case line == "":
			item = nil
			continue
		}
		if found := itemLine.FindStringSubmatch(line); found != nil {
			indent := len(strings.ReplaceAll(found[1], "\t", "    "))
			for len(indents) > 0 && indents[len(indents)-1] > indent {
				indents = indents[:len(indents)-1]
			}
			if len(indents) == 0 || indents[len(indents)-1] < indent {
				indents = append(indents, indent)
			}
			p.items = append(p.items, entry{len(indents), key(found[2])})
			item = &p.items[len(p.items)-1]
			continue
		}
		if item != nil {
			item.text = strings.TrimSpace(item.text + " " + key(line))
		} else if line[0] != ' ' && line[0] != '\t' {
			indents = nil
		}
	}
	endTable()
	return p
}

// splitRow cuts a row at the pipes that are not escaped.
func splitRow(line string) []string {
	line = strings.TrimSpace(line)
	line = strings.TrimPrefix(line, "|")
	var cells []string
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\' && i+1 < len(line):
			b.WriteString(line[i : i+2])
			i++
		case line[i] == '|':
			cells = append(cells, b.String())
			b.Reset()
		default:
			b.WriteByte(line[i])
		}
	}
	if strings.TrimSpace(b.String()) != "" {
		cells = append(cells, b.String())
	}
	return cells
}

func (p *parts) addTable(rows [][]string) {
	if len(rows) == 0 {
		return
	}
	p.tables++
	for i, row := range rows {
		for j := range row {
			row[j] = key(row[j])
			if row[j] == "" {
				continue
			}
			if row[0] != "" && j > 0 {
				p.cells = append(p.cells, cell{row[0], row[j]})
			}
			if j < len(rows[0]) && i > 0 {
				p.cells = append(p.cells, cell{rows[0][j], row[j]})
			}
		}
	}
}
