package rtf

import (
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// codePages are the encodings of 8-bit text by the numbers that \ansicpg gives.
var codePages = map[int]encoding.Encoding{
	437: charmap.CodePage437, 850: charmap.CodePage850, 852: charmap.CodePage852, 866: charmap.CodePage866,
	874: charmap.Windows874, 932: japanese.ShiftJIS, 936: simplifiedchinese.GBK, 949: korean.EUCKR, 950: traditionalchinese.Big5,
	1250: charmap.Windows1250, 1251: charmap.Windows1251, 1252: charmap.Windows1252, 1253: charmap.Windows1253,
	1254: charmap.Windows1254, 1255: charmap.Windows1255, 1256: charmap.Windows1256, 1257: charmap.Windows1257,
	1258: charmap.Windows1258, 10000: charmap.Macintosh, 65001: unicode.UTF8,
}

// fontPages are the code pages of the character sets that fonts name (\fcharset).
var fontPages = map[int]int{
	77: 10000, 128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256,
	186: 1257, 204: 1251, 222: 874, 238: 1250, 254: 437, 255: 850,
}

// symbolSet is the character set of fonts of signs.
const symbolSet = 2

// decode decodes bytes of a code page; what it does not have are U+FFFD.
func decode(raw []byte, page int) string {
	ascii := true
	for _, b := range raw {
		ascii = ascii && b < utf8.RuneSelf
	}
	if ascii {
		return string(raw)
	}
	if page == symbolSet {
		signs := make([]rune, len(raw))
		for i, b := range raw {
			if signs[i] = rune(b); b >= utf8.RuneSelf {
				signs[i] = symbols[b]
			}
			if signs[i] == 0 {
				signs[i] = utf8.RuneError
			}
		}
		return string(signs)
	}
	enc := codePages[page]
	if enc == nil {
		enc = charmap.Windows1252
	}
	text, err := enc.NewDecoder().Bytes(raw)
	if err != nil {
		return string(utf8.RuneError)
	}
	return string(text)
}

// symbols are the signs of the font Symbol that texts have, by their codes.
var symbols = map[byte]rune{
	0xA3: '≤', 0xA5: '∞', 0xAB: '↔', 0xAC: '←', 0xAD: '↑', 0xAE: '→', 0xAF: '↓', 0xB0: '°', 0xB1: '±', 0xB3: '≥',
	0xB4: '×', 0xB7: '•', 0xB8: '÷', 0xB9: '≠', 0xBA: '≡', 0xBB: '≈', 0xBC: '…', 0xC5: '⊕', 0xC6: '∅', 0xCE: '∈',
	0xD1: '∇', 0xD5: '∏', 0xD6: '√', 0xD7: '⋅', 0xDE: '⇒', 0xE5: '∑', 0xF2: '∫',
}
