package ooxml

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// book builds a document of about so many pages of 400 words.
func book(pages int) wordFile {
	sentence := strings.Repeat("The quick brown fox jumps over the lazy dog, again and again. ", 8)
	f := wordFile{styles: testStyles, numbering: abstractNum(1, "decimal %1.", "lowerLetter %2)") + num(1, 1, "")}
	for i := range pages {
		f.body = append(f.body, para("berschrift1", fmt.Sprintf("Chapter %d", i+1)))
		for range 3 {
			f.body = append(f.body, para("", sentence[:200], run("in bold", "b"), " ", sentence[200:]))
		}
		f.body = append(f.body, entry(1, 0, "first"), entry(1, 1, "below"), entry(1, 0, "second"),
			wordTable(3, row("a", "b", "c"), row("1", "2", "3"), row("4", "5", "6")))
	}
	return f
}

// BenchmarkDocx converts a book of 300 pages; MB/s are of its main part as XML.
func BenchmarkDocx(b *testing.B) {
	f := book(300)
	raw := f.zip(b)
	b.SetBytes(int64(len(strings.Join(f.body, ""))))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Docx(b.Context(), bytes.NewReader(raw), int64(len(raw)), Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
