package layout

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// Runs of a row stand apart when the gap between them is this large, in sizes of their
	// letters; a space is between them from wordGap on.
	lineGap = 1.0
	wordGap = 0.12
	// At the beginning of a column a gap of narrowGap is enough; that is a place where so many
	// runs begin.
	narrowGap, minStarts = 0.5, 5
	// Raised and lowered letters are smaller than those beside them, and few.
	smallerSize, maxRaised = 0.95, 12
)

// line is a piece of a line: runs that follow each other closely.
type line struct {
	Box
	size         float64 // of most of its letters
	bold, italic bool    // all of it
	font         string
	text         string
	runs         []Run
	crowded      bool // something else stands in the same row
}

// linesOf puts together the runs that stand side by side.
func linesOf(runs []Run) []line {
	rows := rowsOf(runs)
	starts := columnStarts(rows)
	var lines []line
	for _, row := range rows {
		rtl := isRightToLeft(row)
		var piece []Run
		right := 0.0
		for _, run := range row {
			if len(piece) > 0 {
				size := max(run.Size, piece[len(piece)-1].Size)
				if gap := run.Left - right; gap > lineGap*size || gap > narrowGap*size && starts[startOf(run)] >= minStarts {
					lines = append(lines, newLine(piece, rtl))
					piece = nil
				}
			}
			if len(piece) == 0 {
				right = run.Right
			}
			right = max(right, run.Right)
			piece = append(piece, run)
		}
		lines = append(lines, newLine(piece, rtl))
	}
	return lines
}

// columnStarts counts, for places from left to right, the runs that begin there after a gap or
// alone in their row: where there are many, a column begins.
func columnStarts(rows [][]Run) map[int]int {
	starts := map[int]int{}
	for _, row := range rows {
		for i, run := range row {
			if i > 0 && run.Left-row[i-1].Right < narrowGap*max(run.Size, row[i-1].Size) {
				continue
			}
			for d := -1; d <= 1; d++ {
				starts[startOf(run)+d]++
			}
		}
	}
	return starts
}

// startOf is a run's left edge, in points.
func startOf(run Run) int { return int(math.Round(run.Left)) }

// rowsOf sorts runs into rows, from left to right; rows go downwards. What is smaller and
// stands right beside other text, raised or lowered, is in the row of that.
func rowsOf(runs []Run) [][]Run {
	type row struct {
		runs       []Run
		base, size float64 // of the largest of its letters
	}
	hosts := make([]int, len(runs)) // of runs that belong to the row of another, else -1
	var sorted []Run
	for i := range runs {
		runs[i].at = i
		if hosts[i] = hostOf(runs, i); hosts[i] < 0 {
			sorted = append(sorted, runs[i])
		}
	}
	slices.SortStableFunc(sorted, func(a, b Run) int { return cmp.Compare(a.Bottom, b.Bottom) })
	rowOf := make([]*row, len(runs))
	var rows []*row
	for _, run := range sorted {
		var found *row
		for i := len(rows) - 1; i >= 0 && i >= len(rows)-4; i-- {
			if r := rows[i]; math.Abs(run.Bottom-r.base) < 0.3*max(min(run.Size, r.size), 1) {
				found = r
				break
			}
		}
		if found == nil {
			found = &row{}
			rows = append(rows, found)
		}
		found.runs = append(found.runs, run)
		rowOf[run.at] = found
		if run.Size > found.size {
			found.base, found.size = run.Bottom, run.Size
		}
	}
	for i, host := range hosts {
		if host >= 0 {
			rowOf[host].runs = append(rowOf[host].runs, runs[i])
		}
	}
	slices.SortStableFunc(rows, func(a, b *row) int { return cmp.Compare(a.base, b.base) })
	out := make([][]Run, len(rows))
	for i, r := range rows {
		slices.SortStableFunc(r.runs, func(a, b Run) int { return cmp.Compare(a.Left, b.Left) })
		out[i] = r.runs
	}
	return out
}

// hostOf finds the text that a smaller run stands right beside, raised or lowered: it is
// drawn shortly before or after. It is -1 for a run that stands by itself.
func hostOf(runs []Run, i int) int {
	run := &runs[i]
	if letterCount(run.Text) > maxRaised {
		return -1
	}
	for _, d := range []int{-1, 1, -2, 2, -3, 3} {
		if i+d < 0 || i+d >= len(runs) {
			continue
		}
		host := &runs[i+d]
		gap := max(run.Left-host.Right, host.Left-run.Right)
		if run.Size < smallerSize*host.Size && gap < 0.4*host.Size && gap > -0.5*host.Size &&
			run.Bottom > host.Top && run.middle() < host.Bottom+0.1*host.Size && math.Abs(run.Bottom-host.Bottom) > 0.01 &&
			(d < 0 || run.Left < host.Left) && hostless(runs, i+d) {
			return i + d
		}
	}
	return -1
}

// hostless tells that a run is in a row of its own right: it is no smaller than those that are
// drawn beside it.
func hostless(runs []Run, i int) bool {
	for _, d := range []int{-1, 1, -2, 2, -3, 3} {
		if i+d < 0 || i+d >= len(runs) {
			continue
		}
		host, run := &runs[i+d], &runs[i]
		gap := max(run.Left-host.Right, host.Left-run.Right)
		if letterCount(run.Text) <= maxRaised && run.Size < smallerSize*host.Size && gap < 0.4*host.Size && gap > -0.5*host.Size &&
			run.Bottom > host.Top && run.middle() < host.Bottom+0.1*host.Size {
			return false
		}
	}
	return true
}

func newLine(runs []Run, rtl bool) line {
	l := line{Box: runs[0].Box, bold: true, italic: true, runs: runs}
	letters := map[float64]int{}
	for _, run := range runs {
		l.Box = l.union(run.Box)
		letters[run.Size] += utf8.RuneCountInString(run.Text)
		l.bold, l.italic = l.bold && run.Bold, l.italic && run.Italic
	}
	most := 0
	for size, n := range letters {
		if n > most || n == most && size > l.size {
			l.size, most = size, n
		}
	}
	base := l.Bottom
	for _, run := range runs {
		if run.Size == l.size {
			base, l.font = run.Bottom, run.Font
		}
	}
	if rtl {
		l.text = joinRightToLeft(runs)
	} else {
		l.text = joinRuns(runs, base, l.size)
	}
	l.text = closeSpaced(strings.Join(strings.Fields(l.text), " "))
	return l
}

// joinRuns writes runs one after the other, with a space where there is one to be seen.
func joinRuns(runs []Run, base, size float64) string {
	if len(runs) == 1 {
		return runs[0].Text
	}
	var b strings.Builder
	for i, run := range runs {
		text := run.Text
		if i > 0 {
			gap := run.Left - runs[i-1].Right
			if gap > wordGap*min(max(run.Size, runs[i-1].Size), size) && !(isCJKEnd(runs[i-1].Text) && isCJKStart(text) && gap < 0.5*size) {
				b.WriteByte(' ')
			}
		}
		if run.Size < smallerSize*size && run.Bottom < base-0.15*size {
			if i > 0 && isPower(runs[i-1].Text) {
				text = lift(text)
			} else {
				text = raise(text, i == 0 || i == len(runs)-1 || runs[i+1].Left-run.Right > wordGap*size || !startsWord(runs[i+1].Text))
			}
		}
		b.WriteString(text)
	}
	return b.String()
}

// Marks around what is raised and may call a note; they never come in a text, which is
// without characters of private use.
const (
	noteOpen  = '\uF8F0'
	noteClose = '\uF8F1'
)

// raised are the characters that are there in a raised form.
var raised = map[rune]rune{
	'0': '⁰', '1': '¹', '2': '²', '3': '³', '4': '⁴', '5': '⁵', '6': '⁶', '7': '⁷', '8': '⁸', '9': '⁹',
	'+': '⁺', '-': '⁻', '−': '⁻', '–': '⁻', '=': '⁼', '(': '⁽', ')': '⁾', 'n': 'ⁿ', 'i': 'ⁱ',
}

// raise marks what may call a note: a short number, a sign or a letter at the end of a
// word.
func raise(text string, ends bool) string {
	mark := strings.Trim(text, " ")
	if ends && utf8.RuneCountInString(mark) <= 3 && (isNumber(mark) || isNoteSign(mark)) {
		return strings.Replace(text, mark, string(noteOpen)+mark+string(noteClose), 1)
	}
	return lift(text)
}

// isPower tells whether a raised number behind a text is its power: behind a digit, a unit of
// length or what a formula says that something equals.
func isPower(before string) bool {
	r, _ := utf8.DecodeLastRuneInString(before)
	if unicode.IsDigit(r) {
		return true
	}
	words := strings.Fields(before)
	if n := len(words); n > 1 && words[n-2] == "=" && unicode.IsLetter(r) {
		return true
	}
	return len(words) > 0 && r != ' ' && slices.Contains([]string{"m", "km", "cm", "mm", "dm", "µm", "ft", "in", "s"}, words[len(words)-1])
}

// startsWord tells whether a text goes on with the word before it.
func startsWord(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// lift writes a text in raised characters if all of it can be.
func lift(text string) string {
	var b strings.Builder
	for _, r := range text {
		up, found := raised[r]
		if !found {
			return text
		}
		b.WriteRune(up)
	}
	return b.String()
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func isNoteSign(s string) bool {
	if s == "" {
		return false
	}
	if strings.Trim(s, "*†‡§¶") == "" {
		return true
	}
	return len(s) == 1 && s[0] >= 'a' && s[0] <= 'z'
}

// closeSpaced joins a word whose letters are set apart: "M I N U T E S".
func closeSpaced(s string) string {
	if len(s) < 7 || s[1] != ' ' && s[0] < 0x80 {
		return s
	}
	letters := strings.Split(s, " ")
	if len(letters) < 4 {
		return s
	}
	for _, l := range letters {
		r, size := utf8.DecodeRuneInString(l)
		if size != len(l) || !unicode.IsLetter(r) || isCJK(r) {
			return s
		}
	}
	return strings.Join(letters, "")
}

func isRTL(r rune) bool {
	return r >= 0x0590 && r <= 0x08FF || r >= 0xFB1D && r <= 0xFDFF || r >= 0xFE70 && r <= 0xFEFC
}

// isRightToLeft tells whether most letters of a row are of a script that runs so.
func isRightToLeft(row []Run) bool {
	n := 0
	for _, run := range row {
		if strings.IndexFunc(run.Text, func(r rune) bool { return r >= 0x0590 }) < 0 {
			n -= latin(run.Text)
			continue
		}
		for _, r := range run.Text {
			switch {
			case isRTL(r) && unicode.IsLetter(r):
				n++
			case unicode.IsLetter(r):
				n--
			}
		}
	}
	return n > 0
}

func latin(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// joinRightToLeft writes runs from the right; those of other scripts and numbers that follow
// each other keep their order.
func joinRightToLeft(runs []Run) string {
	ordered := slices.Clone(runs)
	slices.SortStableFunc(ordered, func(a, b Run) int { return cmp.Compare(b.Right, a.Right) })
	for from := 0; from < len(ordered); {
		to := from
		for to < len(ordered) && !strings.ContainsFunc(ordered[to].Text, isRTL) {
			to++
		}
		slices.Reverse(ordered[from:max(to, from)])
		from = to + 1
	}
	var b strings.Builder
	for i, run := range ordered {
		if i > 0 {
			other := ordered[i-1]
			if gap := max(run.Left-other.Right, other.Left-run.Right); gap > 0.2*run.Size {
				b.WriteByte(' ')
			}
		}
		b.WriteString(run.Text)
	}
	return b.String()
}

func isCJK(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFFEF
}

func isCJKEnd(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return isCJK(r)
}

func isCJKStart(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return isCJK(r)
}
