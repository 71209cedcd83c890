package chunk

import "unicode"

// words finds where words start: after white space and, in scripts that do without,
// at every character that may begin a line.
func words(text string) []int {
	var starts []int
	last := ' '
	for i, r := range text {
		if !unicode.IsSpace(r) && (unicode.IsSpace(last) || breaksBetween(last, r)) {
			starts = append(starts, i)
		}
		last = r
	}
	return starts
}

// breaksBetween tells whether a line of Chinese or Japanese may break between two
// runes: next to an ideograph or a kana, unless punctuation or a mark would be
// parted from what it belongs to. Words in Katakana stay whole.
func breaksBetween(last, r rune) bool {
	if last < 0x2E80 && r < 0x2E80 || katakana(last) && katakana(r) {
		return false
	}
	if !eastAsian(last) && !eastAsian(r) {
		return false
	}
	return !unicode.In(last, unicode.Ps, unicode.Pi) && last != zeroWidthJoiner &&
		!unicode.In(r, unicode.M, unicode.Lm, unicode.Pe, unicode.Pf, unicode.Po) && r != zeroWidthJoiner
}

func katakana(r rune) bool {
	return unicode.Is(unicode.Katakana, r) || r == 'ー'
}

// eastAsian covers the scripts that put no spaces, with their punctuation.
func eastAsian(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r >= 0x3000 && unicode.In(r, unicode.P)
}
