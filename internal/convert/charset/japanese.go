package charset

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// isShiftJIS finds short Japanese texts, too, and those without kana: their characters
// stand beside one another, while signs of western texts that look like some stand alone,
// and other scripts look like half-width kana, which are rare.
func isShiftJIS(head []byte) bool {
	text, err := japanese.ShiftJIS.NewDecoder().Bytes(head)
	if err != nil {
		return false
	}
	wide, together, common, half := 0, 0, 0, 0
	before := false // the character before was a wide one
	for _, r := range string(text) {
		isWide := r >= 0x3041 && r <= 0x30fc || unicode.Is(unicode.Han, r)
		switch {
		case r == utf8.RuneError:
			return false
		case isWide:
			wide++
			if before {
				together++
			}
			if r <= 0x30fc || isLevel1(r) {
				common++
			}
		case r >= 0xff61 && r <= 0xff9f:
			half++
		}
		before = isWide
	}
	return wide >= fewBytes && 2*together >= wide && 5*common >= 4*wide && 10*half <= wide
}

// isLevel1 tells whether a character is one of the 2965 of everyday use.
func isLevel1(r rune) bool {
	raw, err := japanese.ShiftJIS.NewEncoder().Bytes([]byte(string(r)))
	return err == nil && len(raw) == 2 && raw[0] >= 0x88 && raw[0] <= 0x98
}
