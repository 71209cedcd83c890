package office_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"morag/internal/convert"
	"morag/internal/convert/document"
	"morag/internal/convert/document/documenttest"
)

// BenchmarkLongDocx compares the conversion of 300 pages of 400 words, with lists, tables
// and notes, with what pandoc takes for them, in turn. The promise is a ratio below 1.
func BenchmarkLongDocx(b *testing.B) {
	var text strings.Builder
	prose := strings.Repeat("The river rises in the *hills* of the north and flows for **three hundred** miles to the sea. ", 7)
	for page := range 300 {
		fmt.Fprintf(&text, "# Chapter %d\n\n%s\n\n%s[^%d]\n\n1. one\n    - below\n2. two\n\n| a | b | c |\n|---|---|---|\n| 1 | 2 | %d |\n| 3 | 4 | 5 |\n\n%s\n\n[^%d]: A note.\n\n",
			page+1, prose, prose, page, page, prose, page)
	}
	path := filepath.Join(b.TempDir(), "book.docx")
	write := exec.CommandContext(b.Context(), "pandoc", "-f", "markdown", "-o", path)
	write.Stdin = strings.NewReader(text.String())
	if message, err := write.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, message)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	src := documenttest.File(b, "book.docx", raw)
	c := document.New(document.Config{})
	var alone, converted time.Duration
	for b.Loop() {
		start := time.Now()
		if out, err := exec.CommandContext(b.Context(), "pandoc", "-f", "docx", "-t", "gfm", path).Output(); err != nil || len(out) == 0 {
			b.Fatal(err)
		}
		alone += time.Since(start)
		start = time.Now()
		doc, err := c.Convert(b.Context(), src, convert.Options{}, nil)
		if err != nil || strings.Count(doc.Content, "| 1 | 2 |") != 300 {
			b.Fatal(err)
		}
		converted += time.Since(start)
	}
	b.ReportMetric(float64(converted)/float64(alone), "ratio")
	b.ReportMetric(converted.Seconds()/float64(b.N), "s/conversion")
}
