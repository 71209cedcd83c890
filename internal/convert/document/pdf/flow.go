package pdf

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
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

// flow turns the lines of a page into paragraphs. Blocks, which poppler keeps apart
// by an empty line, stay apart; in a block a line that fills the column is joined
// with the next. Short lines (addresses, the last line of a paragraph) and list items
// keep their ends, and a line that has a level is a heading, together with those of the
// same level that follow it in its block. Nothing but white space, bullets and the marks
// of headings changes.
func flow(page string, level func(line string) int) string {
	var blocks []string
	var block []string
	heading := 0 // the level of the block
	lines := strings.Split(page, "\n")
	width := usualLength(lines)
	end := func() {
		switch {
		case heading > 0:
			blocks = append(blocks, strings.Repeat("#", heading)+" "+strings.Join(block, " "))
		case len(block) > 0:
			blocks = append(blocks, joinLines(block, width))
		}
		block, heading = nil, 0
	}
	loneBullet := false
	for _, line := range lines {
		if strings.ContainsFunc(line, isDropped) {
			line = strings.Map(dropControl, line)
		}
		line = strings.TrimSpace(line)
		if line == "" {
			end()
			continue
		}
		if bullet.FindString(line) == line { // its text follows in a block of its own
			end()
			loneBullet = true
			continue
		}
		if loneBullet {
			line, loneBullet = "• "+line, false
		}
		if l := level(line); l != heading || l > 0 && depthOf(line) > 0 {
			end()
			heading = l
		}
		block = append(block, line)
	}
	end()
	return strings.Join(blocks, "\n\n")
}

// usualLength is that of most of a page's full lines. Some are twice as long: engines
// join two lines when a word was cut at the end of the first.
func usualLength(lines []string) int {
	var full []int
	for _, line := range lines {
		if n := utf8.RuneCountInString(strings.TrimSpace(line)); n >= minFullLine {
			full = append(full, n)
		}
	}
	if len(full) == 0 {
		return minFullLine
	}
	slices.Sort(full)
	return full[len(full)*3/5]
}

// joinLines joins what runs on; width is the length of the page's full lines.
func joinLines(lines []string, width int) string {
	longest := 0
	for _, line := range lines {
		longest = max(longest, utf8.RuneCountInString(line))
	}
	longest = min(longest, width)
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

func isDropped(r rune) bool { return unicode.IsControl(r) && r != '\t' }

func dropControl(r rune) rune {
	if isDropped(r) {
		return -1
	}
	return r
}
