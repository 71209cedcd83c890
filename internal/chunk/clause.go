package chunk

import "unicode"

// clauses finds where to cut a sentence that is too long: after the punctuation
// inside sentences, and at line breaks, which part the cells and verses of what is
// not prose.
func clauses(text string) []int {
	var starts []int
	var ended, wide bool // a clause ended before i, in a script without spaces
	var space, newline bool
	for i, r := range text {
		if unicode.IsSpace(r) {
			space = true
			newline = newline || r == '\n' || r == '\r' || r == '\f'
			continue
		}
		tail := !space && closes(r)
		if newline || ended && (space || wide && !tail) {
			starts = append(starts, i)
		}
		switch r {
		case ',', ';', ':', '–', ')', '،', '؛':
			ended, wide = true, false
		case '、', '，', '；', '：', '—':
			ended, wide = true, true
		default:
			ended = ended && tail
		}
		space, newline = false, false
	}
	return starts
}
