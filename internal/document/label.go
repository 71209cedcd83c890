package document

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxLabel is how many bytes a label has at most: a cursor and an index have room for it.
const maxLabel = 256

// Label is what the document is sorted and looked up by: what people call it, which is its
// title, else the name of its source, else its id, and then that name. It is folded as
// [Fold] does, and has at most 256 bytes.
func (d *Document) Label() string {
	called := cmp.Or(d.Title(), d.SourceName, d.ID)
	if called != d.SourceName && d.SourceName != "" {
		called += "\n" + d.SourceName
	}
	label := Fold(called)
	if len(label) <= maxLabel {
		return label
	}
	end := maxLabel
	for !utf8.RuneStart(label[end]) {
		end--
	}
	return label[:end]
}

// Fold makes texts equal that differ in upper and lower case, or in how a letter with an
// accent is encoded. What is no UTF-8, and the byte zero, becomes U+FFFD.
func Fold(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "\ufffd")
	return norm.NFC.String(strings.ToLower(s))
}
