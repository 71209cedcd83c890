package pdf_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/converttest"
	"morag/internal/convert/document"
	"morag/internal/convert/document/documenttest"
	"morag/internal/convert/image"
	"morag/internal/speech"
)

var printed = []string{
	"The ferry leaves the island at seven in the morning and comes back",
	"before noon. In winter it sails on Monday and on Thursday only, when",
	"the sea is calm. Passengers with bicycles board first, and dogs are",
	"welcome on the lower deck. A ticket costs four crowns for a grown",
	"person and two for a child. The captain sells them at the gangway.",
	"Letters and parcels travel free of charge, as they have done for",
	"two hundred years, since the lighthouse keeper asked for the favour.",
}

// reading makes a converter that reads scans and keeps its files in a folder of its own.
func reading(t testing.TB, config document.Config) *document.Converter {
	t.Helper()
	config.Pictures = image.New(image.Config{})
	if config.ScratchDir == "" {
		config.ScratchDir = t.TempDir()
	}
	t.Cleanup(func() {
		if left, err := os.ReadDir(config.ScratchDir); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
	return document.New(config)
}

func TestScannedPDF(t *testing.T) {
	for _, engine := range []string{"pdftohtml", "pdfium"} {
		t.Run(engine, func(t *testing.T) {
			flate := scanned(t, printed...)
			flate.flate = true
			flate.text(480, 830, 8, false, "Archive 17")
			born := &paper{}
			born.body(100, "This page was never on paper before it was printed, and so its text is there as it is.",
				"It has a second line, too.")
			doc, err := with(t, engine).Convert(t.Context(), documenttest.File(t, "scan.pdf", papers(t, scanned(t, printed...), born, flate, &paper{})),
				convert.Options{Language: "en"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			pages := strings.Split(doc.Content, content.PageBreak)
			if len(pages) != 3 || doc.Metadata["page_count"] != 4 || doc.Metadata["ocr_pages"] != 2 {
				t.Fatalf("%d pages, metadata %v", len(pages), doc.Metadata)
			}
			if got := fmt.Sprint(doc.Metadata["engine"]); !strings.HasPrefix(got, engine) || !strings.Contains(got, ", tesseract") {
				t.Errorf("engine %q", got)
			}
			if !strings.Contains(pages[1], "This page was never on paper before it was printed") {
				t.Errorf("born digital: %q", pages[1])
			}
			if strings.Count(pages[2], "Archive 17") != 1 {
				t.Errorf("the stamp: %q", pages[2])
			}
			for _, got := range []string{pages[0], strings.Replace(pages[2], "Archive 17", "", 1)} {
				if rate := speech.WordErrorRate(strings.Join(printed, " "), got); rate > 0.05 {
					t.Errorf("word error %.3f in %q", rate, got)
				}
			}
			if len(doc.Warnings) > 0 {
				t.Errorf("warnings %q", doc.Warnings)
			}
		})
	}
}

// What stands in one row of a scan stays together, and a table is one.
func TestScannedTable(t *testing.T) {
	t.Parallel()
	page := scanned(t, "The fees of the harbour for one night are the following, in crowns.", "", "Ship\tLength\tFee",
		"Dinghy\t4 metres\t2.50", "Sailing boat\t9 metres\t6.50", "Fishing boat\t12 metres\t11.00", "", "Members pay half of it from October to the end of March, and nobody pays twice.")
	doc, err := reading(t, document.Config{}).Convert(t.Context(), documenttest.File(t, "s.pdf", papers(t, page)), convert.Options{}, nil)
	want := "| Ship | Length | Fee |\n| --- | --- | --- |\n| Dinghy | 4 metres | 2.50 |\n| Sailing boat | 9 metres | 6.50 |\n| Fishing boat | 12 metres | 11.00 |"
	if err != nil || !strings.Contains(doc.Content, want) {
		t.Errorf("%+v, %v", doc, err)
	}
}

func TestScannedPDFWithoutTesseract(t *testing.T) {
	only(t, "pdfinfo", "pdftohtml", "pdftoppm", "pdfimages")
	c := reading(t, document.Config{})
	_, err := c.Convert(t.Context(), documenttest.File(t, "s.pdf", papers(t, scanned(t, printed...), scanned(t, printed...))), convert.Options{}, nil)
	if !errors.Is(err, convert.ErrNoEngine) || !strings.Contains(err.Error(), "apt-get install tesseract-ocr") {
		t.Errorf("all is scanned: %v", err)
	}
	born := &paper{}
	born.body(100, "This page has text of its own, and more than a few letters, so that it is no scan at all.")
	doc, err := c.Convert(t.Context(), documenttest.File(t, "m.pdf", papers(t, born, scanned(t, printed...))), convert.Options{}, nil)
	if err != nil || !strings.Contains(doc.Content, "text of its own") || len(doc.Warnings) != 1 ||
		!strings.Contains(doc.Warnings[0], "page 2 is a scan") || !strings.Contains(doc.Warnings[0], "apt-get install tesseract-ocr") {
		t.Errorf("%+v, %v", doc, err)
	}
}

func TestScannedPDFLimits(t *testing.T) {
	t.Parallel()
	raw := papers(t, scanned(t, printed...))
	_, err := reading(t, document.Config{PageTimeout: time.Millisecond}).Convert(t.Context(), documenttest.File(t, "s.pdf", raw), convert.Options{}, nil)
	if !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "longer than 1ms") {
		t.Errorf("slow page: %v", err)
	}
	_, err = reading(t, document.Config{}).Convert(t.Context(), documenttest.File(t, "s.pdf", raw), convert.Options{Language: "de"}, nil)
	if !errors.Is(err, convert.ErrNoEngine) || !strings.Contains(err.Error(), "tesseract-ocr-deu") {
		t.Errorf("language: %v", err)
	}
}

func TestScannedConformance(t *testing.T) {
	t.Parallel()
	raw := papers(t, scanned(t, printed[:3]...))
	converttest.Run(t, converttest.Case{
		New: func(scratch string) convert.Converter {
			return document.New(document.Config{ScratchDir: scratch, Pictures: image.New(image.Config{})})
		},
		Source:     func(t *testing.T) content.Source { return documenttest.File(t, "scan.pdf", raw) },
		Structured: true,
	})
}
