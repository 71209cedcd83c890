package pdf

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"morag/internal/convert/document/pdf/cos"
	"morag/internal/convert/layout"
)

const (
	// maxShown bounds the texts of a page that are looked at, maxShort those that may call notes.
	maxShown, maxShort = 50_000, 1000
	// What calls a note is set higher than what is beside it by so much of the letters' size.
	minRaise, maxRaise = 0.2, 0.7
	// A number that calls a note is shown by at most so many bytes.
	maxCall = 4
)

// shownText is where a text begins that a page shows, and how many bytes show it.
type shownText struct {
	x, y, size float64
	bytes      int
	isPlaced   bool // what follows it is placed, too: the text is all that is shown there
}

// setting is the state of text in a content stream.
type setting struct {
	at, line      matrix
	size, leading float64
	rise          float64
	moved         bool // since the last text, which ends nobody knows where
}

// show follows the operators of text.
func (d *drawing) show(op cos.Operator, operands []cos.Object, n []float64, now graphics, s *setting) {
	move := func(x, y float64) {
		s.line = matrix{1, 0, 0, 1, x, y}.then(s.line)
		s.at, s.moved = s.line, true
	}
	switch {
	case op == "BT":
		s.line = matrix{1, 0, 0, 1, 0, 0}
		s.at, s.moved = s.line, true
	case op == "Tf" && len(operands) == 2:
		s.size, _ = operands[1].(float64)
	case op == "TL" && len(n) == 1:
		s.leading = n[0]
	case op == "Ts" && len(n) == 1:
		s.rise = n[0]
	case op == "Tm" && len(n) == 6:
		s.line = matrix(n)
		s.at, s.moved = s.line, true
	case op == "TD" && len(n) == 2:
		s.leading = -n[1]
		move(n[0], n[1])
	case op == "Td" && len(n) == 2:
		move(n[0], n[1])
	case op == "T*":
		move(0, -s.leading)
	case op == "'" || op == "\"":
		move(0, -s.leading)
		d.shown(operands, now, s)
	case op == "Tj" || op == "TJ":
		d.shown(operands, now, s)
	}
}

func (d *drawing) shown(operands []cos.Object, now graphics, s *setting) {
	if len(*d.texts) >= maxShown || len(operands) == 0 {
		return
	}
	length := 0
	for _, o := range append([]cos.Object{last(operands)}, d.file.Array(last(operands))...) {
		if text, is := o.(cos.String); is {
			length += len(text)
		}
	}
	all := matrix{s.size, 0, 0, s.size, 0, s.rise}.then(s.at).then(now.ctm).then(d.toPage)
	if n := len(*d.texts); !s.moved && n > 0 {
		(*d.texts)[n-1].isPlaced = false
	}
	if size := math.Hypot(all[2], all[3]); s.moved && length > 0 && size > 0 {
		*d.texts = append(*d.texts, shownText{all[4], all[5], size, length, true})
	}
	s.moved = false
}

var (
	// glued is a number right behind a word or a sign, as what calls a note.
	glued = regexp.MustCompile(`[\p{L}.,;:!?)\]"'”’»]\d{1,2}(?:[^\p{L}\d]|$)`)
	// labelled begins a note.
	labelled = regexp.MustCompile(`^\s*(\d{1,2})[.)]?\s+\p{L}`)
)

// raiseCalls parts the numbers that call notes from the words before them, on pages that may
// have some. Engines take them for one text when they are hardly smaller; what the page draws
// tells that they are raised.
func raiseCalls(file *cos.File, doc *layout.Document) {
	pages := file.Pages()
	for i := range doc.Pages {
		page := &doc.Pages[i]
		if i >= len(pages) || !mayCall(page) {
			continue
		}
		content, err := file.Contents(pages[i])
		if err != nil {
			continue
		}
		var texts []shownText
		d := &drawing{file: file, toPage: pageMatrix(pages[i], page.Width, page.Height), texts: &texts}
		d.run(content, pages[i].Resources, graphics{ctm: matrix{1, 0, 0, 1, 0, 0}, width: 1}, 0)
		page.Runs = partCalls(page.Runs, texts)
	}
}

// partCalls takes runs apart around the numbers that call notes: those that are raised and, when
// there are as many notes as numbers that are shown by themselves right behind a word, these.
func partCalls(runs []layout.Run, texts []shownText) []layout.Run {
	var apart []shownText
	var numbers []string
	short := 0
	for i, text := range texts {
		if text.bytes > maxCall {
			continue
		}
		if short++; short > maxShort {
			break
		}
		if isRaised(texts, i) {
			runs, _ = partCall(runs, text)
		} else if _, number := partCall(runs, text); number != "" && text.isPlaced && i > 0 && math.Abs(texts[i-1].y-text.y) < 0.05*text.size {
			apart, numbers = append(apart, text), append(numbers, number)
		}
	}
	if len(numbers) == 0 || !slices.Equal(numbers, labels(runs)) {
		return runs
	}
	for _, text := range apart {
		runs, _ = partCall(runs, text)
	}
	return runs
}

// labels are the numbers that begin lines.
func labels(runs []layout.Run) []string {
	var all []string
	for _, run := range runs {
		if found := labelled.FindStringSubmatch(run.Text); found != nil {
			all = append(all, found[1])
		}
	}
	return all
}

// mayCall tells whether a page has notes and calls for them, by its text alone.
func mayCall(page *layout.Page) bool {
	calls, notes := false, false
	for _, run := range page.Runs {
		calls = calls || glued.MatchString(run.Text)
		notes = notes || labelled.MatchString(run.Text)
	}
	return calls && notes
}

// isRaised tells whether a text stands higher than the one before or behind it and is smaller.
func isRaised(texts []shownText, i int) bool {
	for _, k := range []int{i - 1, i + 1} {
		if k < 0 || k >= len(texts) {
			continue
		}
		if up := (texts[k].y - texts[i].y) / texts[k].size; up >= minRaise && up <= maxRaise && texts[i].size < 0.99*texts[k].size {
			return true
		}
	}
	return false
}

// partCall takes a run apart around the number that begins at the place of a text, and tells the
// number; "" when there is none.
func partCall(runs []layout.Run, text shownText) (parted []layout.Run, number string) {
	for i, run := range runs {
		if text.x <= run.Left || text.x >= run.Right || text.y < run.Top || text.y > run.Bottom {
			continue
		}
		from, to := callAt(run.Text, (text.x-run.Left)/(run.Right-run.Left))
		if from < 0 {
			return runs, ""
		}
		before, call, after := run, run, run
		before.Text, call.Text, after.Text = run.Text[:from], run.Text[from:to], run.Text[to:]
		before.Right, call.Left = text.x, text.x
		call.Right = min(text.x+0.5*text.size*float64(to-from), run.Right)
		after.Left = call.Right
		call.Size = 0.7 * run.Size
		call.Bottom -= 0.4 * run.Size
		parts := []layout.Run{before, call}
		if after.Text != "" {
			parts = append(parts, after)
		}
		return slices.Concat(runs[:i], parts, runs[i+1:]), call.Text
	}
	return runs, ""
}

// callAt finds the number that stands behind a word nearest to a place, which is a share of the
// text; -1 when there is none near.
func callAt(text string, place float64) (from, to int) {
	letters := utf8.RuneCountInString(text)
	want, near := place*float64(letters), 3+0.06*float64(letters)
	from, to = -1, -1
	var before rune
	at := 0
	for i, r := range text {
		if unicode.IsDigit(r) && before != 0 && !unicode.IsDigit(before) && !unicode.IsSpace(before) {
			length := len(text[i:]) - len(strings.TrimLeft(text[i:], "0123456789"))
			if off := math.Abs(float64(at) - want); off < near && length > 0 && length <= 2 {
				from, to, near = i, i+length, off
			}
		}
		before = r
		at++
	}
	return from, to
}
