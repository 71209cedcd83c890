package image

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
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
	block, paragraph, line string // numbers that tell which words belong together
	height                 float64
	confidence             float64 // of 100
	text                   string
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
		height, err := strconv.ParseFloat(fields[9], 64)
		if err != nil || !(height > 0) || math.IsInf(height, 0) {
			continue
		}
		confidence, err := strconv.ParseFloat(fields[10], 64)
		if err != nil || !(confidence >= 0) {
			continue
		}
		text := clean(fields[11])
		if text == "" {
			continue
		}
		words = append(words, word{fields[2], fields[3], fields[4], height, min(confidence, 100), text})
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

// text is the words in their lines, an empty line between paragraphs. A word that was
// cut at the end of a line is joined.
func (r reading) text() string {
	if s := r.score(); s.share() < minSure {
		return ""
	}
	var out []byte
	for i, w := range r {
		if i > 0 {
			last := r[i-1]
			switch {
			case last.block != w.block || last.paragraph != w.paragraph:
				out = append(out, "\n\n"...)
			case last.line == w.line:
				out = append(out, ' ')
			case isCut(last.text, w.text):
				out = out[:len(out)-len("-")]
			default:
				out = append(out, '\n')
			}
		}
		out = append(out, w.text...)
	}
	return string(out)
}

// isCut tells whether a hyphen at the end of a line is there for the line's sake.
func isCut(last, next string) bool {
	before, found := strings.CutSuffix(last, "-")
	end, _ := utf8.DecodeLastRuneInString(before)
	start, _ := utf8.DecodeRuneInString(next)
	return found && unicode.IsLetter(end) && unicode.IsLower(start)
}

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
