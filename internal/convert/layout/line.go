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
	// Raised letters are this much smaller than those beside them.
	raisedSize = 0.85
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
	var lines []line
	for _, row := range rowsOf(runs) {
		rtl := isRightToLeft(row)
		var piece []Run
		end := func() {
			if len(piece) > 0 {
				lines = append(lines, newLine(piece, rtl))
				piece = nil
			}
		}
		right := 0.0
		for _, run := range row {
			if len(piece) > 0 && run.Left-right > lineGap*max(run.Size, piece[len(piece)-1].Size) {
				end()
			}
			if len(piece) == 0 {
				right = run.Right
			}
			right = max(right, run.Right)
			piece = append(piece, run)
		}
		end()
	}
	return lines
}

// rowsOf sorts runs into rows, from left to right; rows go downwards.
func rowsOf(runs []Run) [][]Run {
	sorted := slices.Clone(runs)
	slices.SortStableFunc(sorted, func(a, b Run) int { return cmp.Compare(a.Bottom, b.Bottom) })
	type row struct {
		runs       []Run
		base, size float64 // of the largest of its letters
	}
	var rows []*row
	for _, run := range sorted {
		var found *row
		for i := len(rows) - 1; i >= 0 && i >= len(rows)-6; i-- {
			r := rows[i]
			same := math.Abs(run.Bottom-r.base) < 0.3*max(min(run.Size, r.size), 1)
			raised := run.Size > raisedSize*r.size && r.size < raisedSize*run.Size || run.Size < raisedSize*r.size
			if raised && !same {
				high, low := run, Run{Box: Box{Bottom: r.base}, Size: r.size}
				if r.size < run.Size {
					high, low = low, run
				}
				// The smaller one stands within the height of the larger one.
				same = high.Bottom > low.Bottom-0.75*low.Size && high.Bottom < low.Bottom+0.3*low.Size && nearAny(r.runs, run)
			}
			if same {
				found = r
				break
			}
		}
		if found == nil {
			found = &row{}
			rows = append(rows, found)
		}
		found.runs = append(found.runs, run)
		if run.Size > found.size {
			found.base, found.size = run.Bottom, run.Size
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

// nearAny tells whether a run touches one of the others.
func nearAny(runs []Run, run Run) bool {
	for _, other := range runs {
		gap := max(run.Left-other.Right, other.Left-run.Right)
		if gap < 0.5*max(run.Size, other.Size) {
			return true
		}
	}
	return false
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
		if run.Size < raisedSize*size && run.Bottom < base-0.1*size {
			text = raise(text, i == 0 || i == len(runs)-1 || runs[i+1].Left-run.Right > wordGap*size)
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
