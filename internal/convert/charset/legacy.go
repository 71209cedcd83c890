package charset

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

const (
	// legacySample is how many bytes of a text are looked at.
	legacySample = 64 << 10
	// In a script of its own most characters beyond ASCII stand beside one another; in
	// western languages they stand between plain letters.
	besideOneAnother = 0.6
	// fewBytes beyond ASCII tell nothing, ...
	fewBytes = 4
	// ... while in so many of Cyrillic script its last letters are to be expected, which
	// Hebrew has nothing in the place of.
	manyBytes = 30
)

// legacyEncodings are those of before Unicode, in the order in which they can be told
// apart, each with what a text in it has more than any other text that is read so by
// mistake: the share of the characters beyond ASCII.
var legacyEncodings = []struct {
	encoding encoding.Encoding
	has      func(r rune) bool
	share    float64
}{
	{japanese.EUCJP, isKana, 0.15},
	{korean.EUCKR, func(r rune) bool { return unicode.Is(unicode.Hangul, r) }, 0.85},
	{simplifiedchinese.GBK, isCommonIn(simplifiedchinese.GBK, 0xB0, 0xD7), 0.6},
	{traditionalchinese.Big5, isCommonIn(traditionalchinese.Big5, 0xA4, 0xC6), 0.6},
	{charmap.Windows1251, isCommonCyrillic, 0.4},
	{charmap.KOI8R, isCommonCyrillic, 0.4},
}

// legacyEncoding tells the encoding of text that is not Unicode from its head:
// windows-1252, in which almost any bytes are text, unless it is clearly another.
func legacyEncoding(head []byte) encoding.Encoding {
	if len(head) > legacySample {
		head = head[:legacySample]
		if end := bytes.LastIndexByte(head, '\n'); end > 0 { // no character is cut there
			head = head[:end]
		}
	}
	high, beside := 0, 0
	for i, c := range head {
		if c < utf8.RuneSelf {
			continue
		}
		high++
		if i > 0 && head[i-1] >= utf8.RuneSelf || i+1 < len(head) && head[i+1] >= utf8.RuneSelf {
			beside++
		}
	}
	switch {
	case high < fewBytes:
		return charmap.Windows1252
	case isShiftJIS(head):
		return japanese.ShiftJIS
	}
	for _, candidate := range legacyEncodings {
		single := candidate.encoding == charmap.Windows1251 || candidate.encoding == charmap.KOI8R
		if single && float64(beside) < besideOneAnother*float64(high) {
			continue
		}
		if candidate.encoding == charmap.Windows1251 && high >= manyBytes && !slices.ContainsFunc(head, isLastCyrillic) {
			continue
		}
		if shareOf(head, candidate.encoding, candidate.has) >= candidate.share {
			return candidate.encoding
		}
	}
	return singleByte(head)
}

// shareOf is the share of the characters beyond ASCII that has says yes to, 0 for what is
// no text in the encoding. Signs do not count.
func shareOf(raw []byte, enc encoding.Encoding, has func(rune) bool) float64 {
	text, err := enc.NewDecoder().Bytes(raw)
	if err != nil {
		return 0
	}
	yes, all, broken := 0, 0, 0
	for _, r := range string(text) {
		switch {
		case r == utf8.RuneError || r >= 0x80 && r < 0xa0:
			broken++
		case r >= utf8.RuneSelf && unicode.IsLetter(r):
			all++
			if has(r) {
				yes++
			}
		}
	}
	if all == 0 || broken*50 > all {
		return 0
	}
	return float64(yes) / float64(all)
}

// isKana: a Japanese text of any kind has these, and half-width ones hardly ever.
func isKana(r rune) bool { return r >= 0x3041 && r <= 0x30fc }

// isCommonCyrillic: these letters are more than half of a text in any language that uses
// the script. In the wrong one of its two encodings small letters are capitals.
func isCommonCyrillic(r rune) bool { return strings.ContainsRune("оеаинтсрвлкмпі", r) }

// isCommonIn tells whether a character is among those of everyday use, which the encoding
// has together: with a first byte in a range.
func isCommonIn(enc encoding.Encoding, first, last byte) func(rune) bool {
	return func(r rune) bool {
		raw, err := enc.NewEncoder().Bytes([]byte(string(r)))
		return err == nil && len(raw) == 2 && raw[0] >= first && raw[0] <= last
	}
}

// isLastCyrillic: ы, ь, э, ю and я.
func isLastCyrillic(c byte) bool { return c >= 0xfb }
