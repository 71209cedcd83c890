package document

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// errBinary says that bytes are no text in any encoding known here.
var errBinary = errors.New("binary data")

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

// decodeText finds the encoding of plain text and returns the text as valid UTF-8
// without a byte order mark, its line ends "\n". What has a mark is believed; then
// come UTF-8, UTF-16 by its pattern of zeros, and windows-1252, in which almost any
// bytes are text: what is left must be free of control characters.
// It returns errBinary for anything else.
func decodeText(raw []byte) (string, error) {
	for _, bom := range byteOrderMarks {
		if rest, found := bytes.CutPrefix(raw, bom.mark); found {
			return decode(rest, bom.encoding)
		}
	}
	if mostlyUTF8(raw) {
		return decode(raw, encoding.Nop)
	}
	if order, found := utf16Order(raw); found {
		return decode(raw, unicode.UTF16(order, unicode.IgnoreBOM))
	}
	return decode(raw, charmap.Windows1252)
}

func decode(raw []byte, enc encoding.Encoding) (string, error) {
	decoded, err := enc.NewDecoder().Bytes(raw)
	if err != nil || isBinary(decoded) {
		return "", errBinary
	}
	text := strings.ToValidUTF8(string(decoded), "\uFFFD")
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), nil
}

// mostlyUTF8 forgives a broken character in four good ones: a file that was cut, or
// put together from pieces, is still UTF-8, and other encodings look like it once at
// most.
func mostlyUTF8(raw []byte) bool {
	if bytes.IndexByte(raw, 0) >= 0 {
		return false
	}
	good, bad := 0, 0
	for len(raw) > 0 {
		r, size := utf8.DecodeRune(raw)
		switch {
		case r == utf8.RuneError && size == 1:
			bad++
		case size > 1:
			good++
		}
		raw = raw[size:]
	}
	return bad == 0 || good > 4*bad
}

// utf16Order recognises UTF-16 without a mark by its zeros: in most scripts every
// second byte of spaces, digits and line ends is one, and never the other.
func utf16Order(raw []byte) (unicode.Endianness, bool) {
	if len(raw)%2 != 0 {
		return unicode.LittleEndian, false
	}
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
		switch {
		case r == 0:
			return true
		case r == '\t', r == '\n', r == '\r', r == '\f', r == '\v', r == 0x1b, r == 0x1a:
		case r < ' ', r >= 0x7f && r < 0xa0, r == utf8.RuneError:
			strange++
		}
	}
	return strange*20 > total
}
