package pdf_test

import (
	"os/exec"
	"testing"
	"time"

	"morag/internal/convert"
	"morag/internal/convert/document"
	"morag/internal/convert/document/documenttest"
)

// BenchmarkLongPDF compares the conversion of 300 pages with what pdftotext takes for
// them, in turn. The promise is a ratio below 1.5 on two idle processors.
func BenchmarkLongPDF(b *testing.B) {
	raw, _ := book(b, 300)
	src := documenttest.File(b, "book.pdf", raw)
	c := document.New(document.Config{})
	var alone, converted time.Duration
	for b.Loop() {
		start := time.Now()
		if out, err := exec.CommandContext(b.Context(), "pdftotext", src.Path, "-").Output(); err != nil || len(out) == 0 {
			b.Fatal(err)
		}
		alone += time.Since(start)
		start = time.Now()
		if _, err := c.Convert(b.Context(), src, convert.Options{}, nil); err != nil {
			b.Fatal(err)
		}
		converted += time.Since(start)
	}
	b.ReportMetric(float64(converted)/float64(alone), "ratio")
	b.ReportMetric(converted.Seconds()/float64(b.N), "s/conversion")
}
