package pdf

import (
	"math"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// Lines this near to the top or the bottom, as a share of the page's height, that come
	// again on this many pages are running titles.
	edge    = 0.1
	running = 3
)

var (
	numbered = regexp.MustCompile(`^(\d{1,3}(?:\.\d{1,3})*)\.?\s+\p{L}`)
	division = regexp.MustCompile(`^(?i:chapter|part|appendix|annex|kapitel|teil|anhang|chapitre|partie|annexe|capítulo|parte)\s+(?:\d+|[IVXLA-Z]+)\b`)
	digits   = regexp.MustCompile(`\d+`)
)

// fontLine is a line of a page as it is set: runs side by side.
type fontLine struct {
	page        int
	left, right float64
	top, size   float64 // the size of most of its letters
	letters     int     // of that size
	bold        bool    // all of it
	crowded     bool    // other bold text stands in the same row
	text        string
	depth       int // of the number before it: 2 for "1.2", 0 for none
}

// lines puts the runs together that follow each other closely in a row.
func (p fontPage) lines(page int) []fontLine {
	var lines []fontLine
	for _, run := range p.runs {
		if n := len(lines); n > 0 && lines[n-1].goesOn(run) {
			lines[n-1].add(run)
			continue
		}
		line := fontLine{page: page, left: run.left, top: run.top, bold: true}
		line.add(run)
		lines = append(lines, line)
	}
	rows := map[int]int{} // of bold lines
	for i := range lines {
		lines[i].depth = depthOf(lines[i].text)
		if lines[i].bold {
			rows[int(lines[i].top/3)]++
		}
	}
	for i := range lines {
		lines[i].crowded = rows[int(lines[i].top/3)] > 1
	}
	return lines
}

// goesOn tells whether a run continues the line: in the same row, after a space at most.
func (l *fontLine) goesOn(run fontRun) bool {
	size := max(l.size, run.size)
	gap := run.left - l.right
	return math.Abs(run.top-l.top) < 0.5*size && gap > -0.5*size && gap < 1.5*size
}

func (l *fontLine) add(run fontRun) {
	if l.text != "" {
		l.text += " "
	}
	l.text += run.text
	l.right = run.left + run.width
	l.bold = l.bold && run.bold
	if n := utf8.RuneCountInString(run.text); n > l.letters {
		l.size, l.letters = run.size, n
	}
}

func depthOf(text string) int {
	if text == "" || text[0] < '0' || text[0] > '9' {
		return 0
	}
	number := numbered.FindStringSubmatch(text)
	if number == nil {
		return 0
	}
	return 1 + strings.Count(number[1], ".")
}

// mayHead tells whether the text can be that of a heading.
func (l *fontLine) mayHead() bool {
	if utf8.RuneCountInString(l.text) > maxHeading || leader.MatchString(l.text) {
		return false
	}
	letters := 0
	for _, r := range l.text {
		if unicode.IsLetter(r) {
			letters++
			if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) {
				letters++
			}
		}
	}
	return letters > 1 // a single one is the ornate first letter of a text
}

// blockOf counts the lines of the same size that follow one another around a line.
func blockOf(lines []fontLine, i int) int {
	belongs := func(upper, lower fontLine) bool {
		gap := lower.top - upper.top
		return math.Abs(upper.size-lower.size) < sameSize*upper.size && gap > 0 && gap < 1.7*upper.size
	}
	from, to := i, i
	for from > 0 && to-from < maxHeadingLines && belongs(lines[from-1], lines[from]) {
		from--
	}
	for to+1 < len(lines) && to-from < maxHeadingLines && belongs(lines[to], lines[to+1]) {
		to++
	}
	return to - from + 1
}

// headsByWeight tells whether a line of the text's own size is a heading: it is bold, by
// itself in its row, and either numbered as a section or what a heading looks like:
// capital first, no full stop, space above and plain text below.
func headsByWeight(lines []fontLine, i int, body float64) bool {
	l := lines[i]
	if !l.bold || l.crowded || len(strings.Fields(l.text)) > maxBoldWords || strings.ContainsAny(l.text[len(l.text)-1:], ".,;:") {
		return false
	}
	if l.depth > 0 || division.MatchString(l.text) {
		return true
	}
	first, _ := utf8.DecodeRuneInString(l.text)
	if !unicode.IsUpper(first) && !unicode.In(first, unicode.Lo) || i+1 == len(lines) || lines[i+1].bold {
		return false
	}
	if below := lines[i+1].top - l.top; below < 0.5*l.size || below > 5*l.size {
		return false
	}
	if l.size < body*(1+sameSize/2) && lines[i+1].left > l.left+2.5*l.size { // a term before its definition
		return false
	}
	if i == 0 {
		return true
	}
	above := l.top - lines[i-1].top
	return above < 0 || above > 1.35*l.size && !(lines[i-1].bold && lines[i-1].depth == 0)
}

// runningTitles finds what stands at the edge of page after page, by its key.
func runningTitles(pages []fontPage, lines [][]fontLine, body float64) map[string]bool {
	count := map[string]int{}
	for i, page := range lines {
		seen := map[string]bool{}
		for _, line := range page {
			if key := runningKey(line, pages[i], body); key != "" && !seen[key] {
				seen[key] = true
				count[key]++
			}
		}
	}
	repeated := map[string]bool{}
	for key, n := range count {
		enough := running
		if strings.HasPrefix(key, "large ") {
			enough = max(running, len(pages)/2)
		}
		repeated[key] = n >= enough
	}
	return repeated
}

// runningKey is the same for a running title on all its pages, "" for a line that is
// not at an edge. Numbers do not count, for one of them is the page's, except in large
// text: that is how chapters begin.
func runningKey(line fontLine, page fontPage, body float64) string {
	if page.height <= 0 || line.top > edge*page.height && line.top+line.size < (1-edge)*page.height {
		return ""
	}
	if line.size >= body*largerThanText {
		return "large " + squeeze(line.text)
	}
	return "small " + digits.ReplaceAllString(squeeze(line.text), "")
}
