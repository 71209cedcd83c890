// Package charset reads text of any encoding as UTF-8: the encodings of Unicode by their marks
// and patterns, those of before it by what is likely.
package charset

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// ErrBinary says that bytes are no text in any encoding known here.
var ErrBinary = errors.New("binary data")

// byteOrderMarks are tried in order: UTF-32's little-endian mark begins with UTF-16's.
var byteOrderMarks = []struct {
	mark     []byte
	encoding encoding.Encoding
}{
	{[]byte{0xEF, 0xBB, 0xBF}, encoding.Nop},
	{[]byte{0xFF, 0xFE, 0, 0}, utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)},
	{[]byte{0, 0, 0xFE, 0xFF}, utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)},
	{[]byte{0xFF, 0xFE}, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)},
	{[]byte{0xFE, 0xFF}, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)},
}

// Decode finds the encoding of plain text and returns the text as valid UTF-8
// without a byte order mark, its line ends "\n". It returns errBinary for what is no
// text.
func Decode(raw []byte) (string, error) {
	var counted utf8Count
	counted.add(raw)
	enc, mark := textEncoding(raw, &counted)
	return DecodeAs(raw[mark:], enc)
}

// textEncoding tells the encoding of a text from its head and what was counted in all
// of it, and how long its byte order mark is. What has a mark is believed; then come
// UTF-8, UTF-16 by its pattern of zeros, and the encodings of before Unicode, in one of
// which almost any bytes are text: what is left must be free of control characters.
func textEncoding(head []byte, all *utf8Count) (enc encoding.Encoding, mark int) {
	for _, bom := range byteOrderMarks {
		if bytes.HasPrefix(head, bom.mark) {
			return bom.encoding, len(bom.mark)
		}
	}
	if all.mostlyUTF8() {
		return encoding.Nop, 0
	}
	if order, found := utf16Order(head); found && all.size%2 == 0 {
		return unicode.UTF16(order, unicode.IgnoreBOM), 0
	}
	return legacyEncoding(head), 0
}

// DecodeAs is [Decode] for text of a known encoding.
func DecodeAs(raw []byte, enc encoding.Encoding) (string, error) {
	decoded, err := enc.NewDecoder().Bytes(raw)
	if err != nil || isBinary(decoded) {
		return "", ErrBinary
	}
	text := strings.ToValidUTF8(string(decoded), "\uFFFD")
	return lineEnds.Replace(text), nil
}

// utf8Count counts the characters of a text as UTF-8, piece by piece.
type utf8Count struct {
	good, bad int // characters of several bytes, and what is none
	zeros     bool
	size      int64
	cut       []byte // the beginning of a character at the end of a piece
}

func (c *utf8Count) add(piece []byte) {
	c.size += int64(len(piece))
	c.zeros = c.zeros || bytes.IndexByte(piece, 0) >= 0
	for len(c.cut) > 0 && len(piece) > 0 {
		if c.cut, piece = append(c.cut, piece[0]), piece[1:]; utf8.FullRune(c.cut) {
			rest := c.cut
			c.cut = nil
			c.count(rest)
		}
	}
	c.count(piece)
}

func (c *utf8Count) count(piece []byte) {
	for len(piece) > 0 {
		if !utf8.FullRune(piece) {
			c.cut = bytes.Clone(piece)
			return
		}
		r, size := utf8.DecodeRune(piece)
		switch {
		case r == utf8.RuneError && size == 1:
			c.bad++
		case size > 1:
			c.good++
		}
		piece = piece[size:]
	}
}

// mostlyUTF8 forgives a broken character in four good ones: a file that was cut, or
// put together from pieces, is still UTF-8, and other encodings look like it once at
// most.
func (c *utf8Count) mostlyUTF8() bool {
	bad := c.bad + len(c.cut)
	return !c.zeros && (bad == 0 || c.good > 4*bad)
}

// utf16Order recognises UTF-16 without a mark by its zeros: in most scripts every
// second byte of spaces, digits and line ends is one, and never the other.
func utf16Order(raw []byte) (unicode.Endianness, bool) {
	var zeros [2]int
	for i, b := range raw[:min(len(raw), 64<<10)] {
		if b == 0 {
			zeros[i%2]++
		}
	}
	enough := min(len(raw), 64<<10) / 20
	switch {
	case zeros[1] > enough && zeros[0] == 0:
		return unicode.LittleEndian, true
	case zeros[0] > enough && zeros[1] == 0:
		return unicode.BigEndian, true
	}
	return unicode.LittleEndian, false
}

// isBinary tells whether decoded bytes hold a NUL or more than one control or
// undefined character in twenty. Random bytes have one in ten.
func isBinary(decoded []byte) bool {
	strange, total := 0, 0
	for len(decoded) > 0 {
		r, size := utf8.DecodeRune(decoded)
		decoded = decoded[size:]
		total++
		if r == 0 {
			return true
		}
		if isStrange(r) {
			strange++
		}
	}
	return strange*20 > total
}

// isStrange tells whether a character is one that texts hardly have.
func isStrange(r rune) bool {
	switch r {
	case '\t', '\n', '\r', '\f', '\v', 0x1b, 0x1a:
		return false
	}
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError
}
