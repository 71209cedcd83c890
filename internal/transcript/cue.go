package transcript

import (
	"math"
	"strings"
	"unicode/utf8"

	"morag/internal/content"
)

// What players show and eyes can follow.
const (
	maxLine  = 42   // characters
	maxLines = 2    // of a cue
	longest  = 7000 // milliseconds that a cue is shown at most, ...
	shortest = 1000 // ... and at least, where the next one leaves room for it
	// perCharacter is how many milliseconds are given to each character of a segment that
	// has no length: 20 are read in a second.
	perCharacter = 50
)

// cue is one subtitle. Times are milliseconds.
type cue struct {
	start, end int64
	speaker    string
	lines      []string
}

// cues cuts segments into subtitles: none too long to be read, one after the other, and
// each with a time of its own. Within a segment the time is that of its words, or where nothing
// tells when which is said, goes by the characters. shown makes the text of a segment's cues, given
// the name of one who begins to speak with it.
func cues(segments []content.Segment, shown func(speaker, text string) string) []cue {
	var all []cue
	speaker := ""
	for _, s := range tidy(segments) {
		begins := s.Speaker
		if begins == speaker {
			begins = ""
		}
		speaker = s.Speaker
		for _, phrase := range phrases(s) {
			shown := words(shown(begins, phrase.Text))
			for _, c := range cut(shown, milli(phrase.Start), milli(phrase.End), paceOf(phrase, shown)) {
				c.speaker = s.Speaker
				all = follow(all, c)
			}
			begins = ""
		}
	}
	for i := range all { // a short one stays, as far as the next one lets it
		until := all[i].start + shortest
		if i+1 < len(all) {
			until = min(until, all[i+1].start)
		}
		all[i].end = max(all[i].end, until)
	}
	return all
}

func milli(seconds float64) int64 { return int64(math.Round(seconds * 1000)) }

// follow appends c to cues that it comes after: joined with the last one where that is too
// short to be read, and else not before its end.
func follow(all []cue, c cue) []cue {
	if len(all) == 0 {
		return append(all, c)
	}
	last := &all[len(all)-1]
	if last.end-last.start < shortest && c.speaker == last.speaker && c.start-last.end < shortest && c.end-last.start <= longest {
		if lines := wrap(append(words(strings.Join(last.lines, " ")), words(strings.Join(c.lines, " "))...)); len(lines) <= maxLines {
			last.lines, last.end = lines, max(last.end, c.end)
			return all
		}
	}
	if c.start < last.end { // two speak at a time
		c.start = max(c.start, min(last.end, last.start+shortest))
		last.end = c.start
		c.end = max(c.end, c.start+1)
	}
	return append(all, c)
}

// cut makes of the words of one segment as many cues as they need, alike in length.
func cut(words []string, start, end int64, spoken pace) []cue {
	total := length(words)
	if end <= start {
		end = start + int64(total)*perCharacter
	}
	n := max(1, (total+maxLine*maxLines-1)/(maxLine*maxLines), int((end-start+longest-1)/longest))
	parts, fit := share(words, total, min(n, len(words)))
	for !fit && n < len(words) {
		n += 1 + n/8
		parts, fit = share(words, total, min(n, len(words)))
	}
	at := func(done int) int64 { return start + (end-start)*int64(done)/int64(total) }
	all := make([]cue, len(parts))
	before := 0
	for i, p := range parts {
		from, until := at(p.before), at(p.before+length(p.words))
		after := before + letters(p.words...)
		if start, end := spoken.span(before, after); start >= 0 {
			from, until = start, end
		}
		before = after
		until = min(until, from+longest)
		all[i] = cue{start: from, end: max(until, from+1), lines: wrap(p.words)}
	}
	return all
}

// part is what one cue says of a segment, and how long that is before it.
type part struct {
	words  []string
	before int
}

// share gives the words to n cues at most, and tells whether they fit in.
func share(words []string, total, n int) (parts []part, fit bool) {
	fit = true
	for from, done := 0, 0; from < len(words); {
		to, before := from, done
		for ; to < len(words) && done*n/total == before*n/total; to++ {
			done += utf8.RuneCountInString(words[to]) + 1
		}
		parts = append(parts, part{words[from:to], before})
		fit = fit && rows(words[from:to], maxLine) <= maxLines
		from = to
	}
	return parts, fit
}

// length is how many characters words have, each with the space after it.
func length(words []string) (total int) {
	for _, w := range words {
		total += utf8.RuneCountInString(w) + 1
	}
	return total
}

// words are those of a text. One that is longer than a line, as a text without spaces is,
// is cut.
func words(text string) (all []string) {
	for _, w := range strings.Fields(text) {
		for w != "" {
			line, rest := cutLine(w)
			all, w = append(all, line), rest
		}
	}
	return all
}

// cutLine parts the first line of a word from its rest, of which it does not look at more.
func cutLine(word string) (line, rest string) {
	n := 0
	for i := range word {
		if n == maxLine {
			return word[:i], word[i:]
		}
		n++
	}
	return word, ""
}

// wrap breaks words into lines: two of about the same length where two are enough.
func wrap(words []string) []string {
	total := length(words) - 1
	if total <= maxLine || total > maxLine*maxLines+1 {
		return fill(words, maxLine)
	}
	width := total / maxLines
	for width < maxLine && rows(words, width) > maxLines {
		width++
	}
	return fill(words, width)
}

// rows is how many lines [fill] makes.
func rows(words []string, width int) int {
	n, used := 0, width
	for _, w := range words {
		long := utf8.RuneCountInString(w)
		if used += 1 + long; used > width {
			n, used = n+1, long
		}
	}
	return n
}

// fill breaks words into lines of at most width characters, but for a word that has more.
func fill(words []string, width int) (lines []string) {
	var b strings.Builder
	used := 0
	for _, w := range words {
		n := utf8.RuneCountInString(w)
		if used > 0 && used+1+n > width {
			lines = append(lines, b.String())
			b.Reset()
			used = 0
		}
		if used > 0 {
			b.WriteByte(' ')
			used++
		}
		b.WriteString(w)
		used += n
	}
	if used > 0 {
		lines = append(lines, b.String())
	}
	return lines
}
