package app_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"morag/internal/app"
	"morag/internal/app/apptest"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/converttest"
)

// BenchmarkJail compares conversions in processes of their own with the same ones in this
// process, in turn. The promise is at most 10 ms more for what is small, and at most 1.1
// times as long for 300 pages.
func BenchmarkJail(b *testing.B) {
	settings := apptest.Settings(b).Engines
	settings.TempDir = b.TempDir()
	here, err := app.NewConverters(settings, "test")
	if err != nil {
		b.Fatal(err)
	}
	apart, err := app.OpenConverters(app.ConverterConfig{Engines: settings, Version: "test", Command: apptest.Converter()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(apart.Close)
	page := strings.Repeat("Some forty words of text stand on a line of the page, more or less.\n", 40)
	pages := make([]converttest.Page, 300)
	for i := range pages {
		pages[i] = strings.Split(fmt.Sprintf("Page %d\n%s", i, page), "\n")
	}
	for name, raw := range map[string][]byte{
		"small.md": []byte("# A note\n\n" + page), "small.html": []byte("<h1>A note</h1><p>" + page), "small.docx": wordOf(b, 20),
		"300pages.pdf": converttest.PDF(nil, pages...), "300pages.docx": wordOf(b, 300*12),
	} {
		b.Run(name, func(b *testing.B) {
			src := attackFile(b, name, raw)
			convertAll(b, here, src)
			convertAll(b, apart, src)
			var alone, jailed time.Duration
			for b.Loop() {
				alone += convertAll(b, here, src)
				jailed += convertAll(b, apart, src)
			}
			n := float64(b.N)
			b.ReportMetric(float64(jailed)/float64(alone), "ratio")
			b.ReportMetric((jailed-alone).Seconds()*1000/n, "ms-more")
			b.ReportMetric(alone.Seconds()*1000/n, "ms-in-process")
		})
	}
}

type converters interface {
	Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error)
}

func convertAll(b *testing.B, c converters, src content.Source) time.Duration {
	b.Helper()
	began := time.Now()
	if doc, err := c.Convert(b.Context(), src, convert.Options{}, nil); err != nil || doc.Content == "" {
		b.Fatalf("%s: %v", src.Name, err)
	}
	return time.Since(began)
}

// wordOf is a Word document of so many paragraphs.
func wordOf(t testing.TB, paragraphs int) []byte {
	var body strings.Builder
	for i := range paragraphs {
		fmt.Fprintf(&body, `<w:p><w:r><w:t>Paragraph %d: %s</w:t></w:r></w:p>`, i, strings.Repeat("some words of it ", 12))
	}
	return zipped(t, "[Content_Types].xml", wordTypes, "word/document.xml",
		`<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`+body.String()+`</w:body></w:document>`)
}
