package document

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"morag/internal/content"
)

const (
	// A line is taken to run on when it is at least this long, in runes, ...
	minFullLine = 40
	// ... and this part of the longest line of its block.
	fullLine = 0.8
)

var (
	bullet = regexp.MustCompile(`^[•‣▪◦●■∙] *`)
	marker = regexp.MustCompile(`^(?:[-*+–] |\(?[0-9]+[.)]|\(?[a-zA-Z][.)] |[•‣▪◦●■∙])`)
	leader = regexp.MustCompile(`\. ?\. ?\.`)
)

// pdfPages makes Markdown of pdftotext's output: pages stay apart by
// [content.PageBreak], with none after the last.
func pdfPages(text string) string {
	text = strings.TrimSuffix(strings.ToValidUTF8(text, "\uFFFD"), content.PageBreak)
	pages := strings.Split(text, content.PageBreak)
	for i, page := range pages {
		pages[i] = flow(page)
	}
	return strings.Join(pages, content.PageBreak)
}

// flow turns the lines of a page into paragraphs. Blocks, which poppler keeps apart
// by an empty line, stay apart; in a block a line that fills the column is joined
// with the next. Short lines (headings, addresses, the last line of a paragraph)
// and list items keep their ends. Nothing but white space and bullets changes.
func flow(page string) string {
	var blocks []string
	var block []string
	end := func() {
		if len(block) > 0 {
			blocks = append(blocks, joinLines(block))
			block = nil
		}
	}
	loneBullet := false
	for line := range strings.SplitSeq(page, "\n") {
		line = strings.TrimSpace(strings.Map(dropControl, line))
		switch {
		case line == "":
			end()
		case bullet.FindString(line) == line: // its text follows in a block of its own
			end()
			loneBullet = true
		default:
			if loneBullet {
				line, loneBullet = "• "+line, false
			}
			block = append(block, line)
		}
	}
	end()
	return strings.Join(blocks, "\n\n")
}

func joinLines(lines []string) string {
	longest := 0
	for _, line := range lines {
		longest = max(longest, utf8.RuneCountInString(line))
	}
	var b strings.Builder
	for i, line := range lines {
		if i > 0 {
			b.WriteString(separator(lines[i-1], line, longest))
		}
		if mark := bullet.FindString(line); mark != "" {
			line = "- " + line[len(mark):]
		}
		b.WriteString(line)
	}
	return b.String()
}

// separator is a space where a line runs on into the next, else a line end.
func separator(line, next string, longest int) string {
	length := utf8.RuneCountInString(line)
	if length < minFullLine || float64(length) < fullLine*float64(longest) ||
		marker.MatchString(next) || leader.MatchString(line) || leader.MatchString(next) {
		return "\n"
	}
	return " "
}

func dropControl(r rune) rune {
	if unicode.IsControl(r) && r != '\t' {
		return -1
	}
	return r
}
