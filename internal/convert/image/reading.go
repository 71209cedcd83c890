package image

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"morag/internal/convert/layout"
)

const (
	// Words below this confidence, of 100, are mostly spots and lines that look like
	// letters.
	minConfidence = 30
	// Words from this confidence on are nearly always right.
	sureConfidence = 75
	// A page on which less than this share of the letters is sure has no text.
	minSure = 0.15
)

// reading is the words that tesseract found, in its order.
type reading []word

type word struct {
	line                     string // what tells which words belong together
	left, top, width, height float64
	confidence               float64 // of 100
	text                     string
}

// parseTSV reads tesseract's table: level, page, block, paragraph, line, word, left,
// top, width, height, confidence and text, for words at level 5.
func parseTSV(table []byte) reading {
	var words reading
	for line := range bytes.Lines(table) {
		fields := strings.Split(strings.TrimRight(string(line), "\r\n"), "\t")
		if len(fields) != 12 || fields[0] != "5" {
			continue
		}
		var n [5]float64 // left, top, width, height, confidence
		sound := true
		for i := range n {
			v, err := strconv.ParseFloat(fields[6+i], 64)
			sound = sound && err == nil && v >= 0 && v <= maxSide
			n[i] = v
		}
		text := clean(fields[11])
		if !sound || n[3] == 0 || text == "" {
			continue
		}
		words = append(words, word{strings.Join(fields[2:5], " "), n[0], n[1], n[2], n[3], min(n[4], 100), text})
	}
	return words
}

// legible is the reading without what is hardly text. On a page that is read well even
// a word of no confidence is one: an unusual one, or in another font.
func (r reading) legible() reading {
	good := r.score().good()
	return slices.DeleteFunc(slices.Clone(r), func(w word) bool {
		return w.confidence < minConfidence && !(good && strings.ContainsFunc(w.text, isAlphanumeric))
	})
}

func isAlphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// clean keeps what can be printed.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

// letterSize is what ordinary letters count on a page of which the size is not known, in
// points.
const letterSize = 10

// page is the words with their places, 0 words where hardly any is sure. The lines of most
// height have letters of one size; what is higher or lower, of its own. Scale is points by
// pixel, 0 to have it from the letters.
func (r reading) page(width, height int, scale float64) layout.Page {
	var page layout.Page
	if r.score().share() < minSure {
		return page
	}
	r, width, height = r.upright(width, height)
	usual := 0.0
	lines := r.lines()
	if len(lines) > 0 {
		byHeight := slices.SortedFunc(slices.Values(lines), func(a, b *textLine) int { return cmp.Compare(a.height, b.height) })
		usual = byHeight[len(byHeight)/2].height
	}
	if scale <= 0 {
		scale = letterSize / max(usual, 1)
	}
	page.Width, page.Height = scale*float64(width), scale*float64(height)
	for _, l := range lines {
		size := l.height
		if size > shortLine*usual && size < tallLine*usual {
			size = usual
		}
		for _, w := range l.words {
			text := w.text
			if strings.Trim(text, "|") == "" { // a line that is drawn between columns
				continue
			}
			if !strings.ContainsFunc(text, isIdeograph) {
				text += " "
			}
			page.Runs = append(page.Runs, layout.Run{
				Box:  layout.Box{Left: scale * w.left, Top: scale * (l.bottom - size), Right: scale * (w.left + w.width), Bottom: scale * l.bottom},
				Size: scale * size, Text: text,
			})
		}
	}
	return page
}

// upright turns the places of words as they are read: tesseract also reads lines that run
// up, down or backwards.
func (r reading) upright(width, height int) (reading, int, int) {
	dx, dy, backwards := 0.0, 0.0, 0
	for i, w := range r {
		for _, c := range w.text {
			if unicode.In(c, unicode.Arabic, unicode.Hebrew) {
				backwards++
			}
		}
		if i > 0 && w.line == r[i-1].line {
			last := r[i-1]
			dx += w.left + w.width/2 - last.left - last.width/2
			dy += w.top + w.height/2 - last.top - last.height/2
		}
	}
	right, bottom := float64(width), float64(height)
	turn := func(place func(w word) word) reading {
		turned := make(reading, len(r))
		for i, w := range r {
			turned[i] = place(w)
			turned[i].line, turned[i].confidence, turned[i].text = w.line, w.confidence, w.text
		}
		return turned
	}
	switch {
	case math.Abs(dy) > math.Abs(dx) && dy < 0:
		return turn(func(w word) word {
			return word{left: bottom - w.top - w.height, top: w.left, width: w.height, height: w.width}
		}), height, width
	case math.Abs(dy) > math.Abs(dx):
		return turn(func(w word) word {
			return word{left: w.top, top: right - w.left - w.width, width: w.height, height: w.width}
		}), height, width
	case dx < 0 && backwards == 0:
		return turn(func(w word) word {
			return word{left: right - w.left - w.width, top: bottom - w.top - w.height, width: w.width, height: w.height}
		}), width, height
	}
	return r, width, height
}

const (
	// A line of so much of the usual height has letters of the usual size: it depends on which
	// letters reach up and down.
	shortLine, tallLine = 0.6, 1.35
)

// textLine is words side by side.
type textLine struct {
	top, bottom, height float64
	words               []word
}

func (r reading) lines() []*textLine {
	var lines []*textLine
	for i, w := range r {
		if i == 0 || w.line != r[i-1].line {
			lines = append(lines, &textLine{top: w.top, bottom: w.top + w.height})
		}
		l := lines[len(lines)-1]
		l.top, l.bottom = min(l.top, w.top), max(l.bottom, w.top+w.height)
		l.words = append(l.words, w)
	}
	for _, l := range lines {
		l.settle()
	}
	return lines
}

// descender is how far letters reach below their line, as a share of a line's height.
const descender = 0.2

// settle puts the bottom of a line where it is whichever letters reach below it: most words
// without such letters end on the line.
func (l *textLine) settle() {
	var bases []float64
	for _, w := range l.words {
		if !strings.ContainsAny(w.text, "gjpqyQ,;()[]|_") && strings.ContainsFunc(w.text, isAlphanumeric) {
			bases = append(bases, w.top+w.height)
		}
	}
	if len(bases) == 0 {
		l.height = l.bottom - l.top
		return
	}
	slices.Sort(bases)
	base := bases[len(bases)/2]
	var heights []float64 // of words that reach up
	for _, w := range l.words {
		if strings.ContainsFunc(w.text, func(r rune) bool {
			return unicode.IsUpper(r) || unicode.IsDigit(r) || strings.ContainsRune("bdfhklt", r)
		}) {
			heights = append(heights, base-w.top)
		}
	}
	height := base - l.top
	if len(heights) > 0 {
		slices.Sort(heights)
		height = heights[len(heights)/2]
	}
	l.height = max(height, 1) / (1 - descender)
	l.bottom = base + descender*l.height
}

func isIdeograph(r rune) bool { return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) }

// letterHeight is the median height of the words in pixels, 0 when there are none.
func (r reading) letterHeight() float64 {
	if len(r) == 0 {
		return 0
	}
	heights := make([]float64, len(r))
	for i, w := range r {
		heights[i] = w.height
	}
	slices.Sort(heights)
	return heights[len(heights)/2]
}

// score tells how well a picture was read.
type score struct {
	letters int     // letters and digits
	sure    int     // of these, in words that are surely right
	sum     float64 // of confidences, by letter
}

func (r reading) score() score {
	var s score
	for _, w := range r {
		n := 0
		for _, c := range w.text {
			if isAlphanumeric(c) {
				n++
			}
		}
		s.letters += n
		s.sum += w.confidence * float64(n)
		if w.confidence >= sureConfidence {
			s.sure += n
		}
	}
	return s
}

func (s score) plus(t score) score {
	return score{s.letters + t.letters, s.sure + t.sure, s.sum + t.sum}
}

// share is the part of the letters that are sure.
func (s score) share() float64 {
	if s.letters == 0 {
		return 0
	}
	return float64(s.sure) / float64(s.letters)
}

func (s score) good() bool { return s.share() >= enoughSure }

// confidence is the mean over the letters, from 0 to 1 in hundredths.
func (s score) confidence() float64 { return math.Round(s.sum/float64(s.letters)) / 100 }

// quality is the confidence in a word, as the other converters have it.
func (s score) quality() string {
	switch c := s.confidence(); {
	case c >= 0.85:
		return "high"
	case c >= 0.65:
		return "medium"
	}
	return "low"
}
