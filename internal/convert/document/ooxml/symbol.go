package ooxml

import (
	"strings"
	"unicode/utf8"
)

// symbolFont is Adobe's Symbol encoding from 0x20 on, a space where it has no sign.
var symbolFont = []rune(" !∀#∃%&∋()∗+,−./0123456789:;<=>?" +
	"≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_" +
	" αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼ " +
	"                                " +
	"€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵" +
	"ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓" +
	"◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪ 〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭ ")

// wingdings are the signs of that font that carry meaning in a text.
var wingdings = map[rune]rune{
	0x22: '✂', 0x28: '☎', 0x2A: '✉', 0x3A: '🖳', 0x43: '👍', 0x44: '👎', 0x4A: '☺', 0x4B: '😐', 0x4C: '☹',
	0x6C: '●', 0x6E: '■', 0x6F: '□', 0x71: '❑', 0x72: '❒', 0x74: '⧫', 0x75: '◆', 0x76: '❖', 0x77: '⬥',
	0x9E: '·', 0x9F: '•', 0xA7: '▪', 0xA8: '◻', 0xAB: '★', 0xD8: '➢', 0xDF: '←', 0xE0: '→', 0xE1: '↑',
	0xE2: '↓', 0xE8: '➔', 0xEF: '⇦', 0xF0: '⇨', 0xFB: '✗', 0xFC: '✓', 0xFD: '☒', 0xFE: '☑',
}

// symbol gives the character of a symbol font, "" for one that has no equal. Fonts of
// this kind have their signs at 0xF000 and above.
func symbol(font string, r rune) string {
	code := r
	if r >= 0xF000 && r <= 0xF0FF {
		code = r - 0xF000
	}
	font = strings.ToLower(font)
	switch {
	case strings.HasPrefix(font, "wingdings") && font != "wingdings":
		return "" // the other two have signs of their own, of little use in a text
	case font == "wingdings" && wingdings[code] != 0:
		return string(wingdings[code])
	case font == "symbol" && code >= 0x20 && int(code) < 0x20+len(symbolFont):
		if found := symbolFont[code-0x20]; found != ' ' || code == 0x20 {
			return string(found)
		}
		return ""
	}
	if isPrivate(r) || !utf8.ValidRune(r) || r < ' ' {
		return ""
	}
	return string(r)
}

// isPrivate tells whether a character has no meaning without its font.
func isPrivate(r rune) bool { return r >= 0xE000 && r <= 0xF8FF }
