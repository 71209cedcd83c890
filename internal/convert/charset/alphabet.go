package charset

import (
	"slices"

	"github.com/gogs/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// minConfidence is how sure the detector has to be, of 100.
const minConfidence = 20

// alphabets are the encodings of one byte a letter that the detector tells apart better than
// a rule does, each with the form of Windows, which has letters where that of ISO has
// control characters. That of western languages, which is assumed of anything else, is the
// first: it wins when both are as likely.
var alphabets = []struct {
	names     []string // as the detector calls it
	iso       encoding.Encoding
	ofWindows encoding.Encoding
}{
	{[]string{"ISO-8859-1", "windows-1252"}, charmap.Windows1252, charmap.Windows1252},
	{[]string{"ISO-8859-2", "windows-1250"}, charmap.ISO8859_2, charmap.Windows1250},
	{[]string{"ISO-8859-5"}, charmap.ISO8859_5, charmap.Windows1251},
	{[]string{"ISO-8859-6"}, charmap.ISO8859_6, charmap.ISO8859_6},
	{[]string{"windows-1256"}, charmap.Windows1256, charmap.Windows1256},
	{[]string{"ISO-8859-7", "windows-1253"}, charmap.ISO8859_7, charmap.Windows1253},
	{[]string{"ISO-8859-8", "ISO-8859-8-I", "windows-1255"}, charmap.ISO8859_8, charmap.Windows1255},
	{[]string{"ISO-8859-9", "windows-1254"}, charmap.Windows1254, charmap.Windows1254},
}

// singleByte tells the alphabet of a text.
func singleByte(head []byte) encoding.Encoding {
	found, err := chardet.NewTextDetector().DetectAll(head)
	if err != nil {
		return charmap.Windows1252
	}
	best, likely := alphabets[0], minConfidence
	for _, alphabet := range alphabets {
		for _, f := range found {
			if slices.Contains(alphabet.names, f.Charset) && f.Confidence > likely {
				best, likely = alphabet, f.Confidence
			}
		}
	}
	isOfWindows := slices.ContainsFunc(head, func(c byte) bool { return c >= 0x80 && c < 0xa0 })
	if isOfWindows {
		return best.ofWindows
	}
	return best.iso
}
