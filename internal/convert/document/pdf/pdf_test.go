package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/converttest"
	"morag/internal/convert/document"
	"morag/internal/convert/document/documenttest"
)

func TestPDF(t *testing.T) {
	t.Parallel()
	raw := converttest.PDF(
		map[string]string{"Title": "The river\nPages: 77", "Author": "A. Writer", "CreationDate": "D:20240305143000+01'00'"},
		converttest.Page{
			"1 The river",
			"The river rises in the hills of the north and flows for three hundred miles before",
			"it reaches the sea. On its way it passes two cities and a great many villages, and",
			"its water drives eleven mills.",
			"",
			"\x95 the upper valley",
			"\x95 the lower valley",
		},
		converttest.Page{"Second page"},
	)
	doc := documenttest.Must(t, "river.pdf", string(raw))
	pages := strings.Split(doc.Content, content.PageBreak)
	if len(pages) != 2 || strings.TrimSpace(pages[1]) != "Second page" {
		t.Fatalf("pages %q", pages)
	}
	for _, want := range []string{
		"before it reaches the sea. On its way it passes two cities and a great many villages, and its water",
		"- the upper valley\n- the lower valley",
	} {
		if !strings.Contains(pages[0], want) {
			t.Errorf("no %q in %q", want, pages[0])
		}
	}
	for key, want := range map[string]any{
		"title": "The river", "author": "A. Writer", "created": "2024-03-05T13:30:00Z", "page_count": 2,
		"mime_type": "application/pdf", "file_size": int64(len(raw)),
	} {
		if got := doc.Metadata[key]; got != want {
			t.Errorf("%s: got %v, want %v", key, got, want)
		}
	}
	if engine := fmt.Sprint(doc.Metadata["engine"]); !strings.HasPrefix(engine, "pdftohtml ") {
		t.Errorf("engine %q", engine)
	}
	if len(doc.Warnings) > 0 {
		t.Errorf("warnings %q", doc.Warnings)
	}
}

func TestPDFColumnsStayApart(t *testing.T) {
	t.Parallel()
	var page converttest.Page
	for i := range 12 {
		page = append(page, fmt.Sprintf("left line %d of the first column here", i))
	}
	for i := range 12 {
		line := fmt.Sprintf("right line %d of the second column", i)
		if i == 0 {
			line = "\f" + line
		}
		page = append(page, line)
	}
	text := documenttest.Must(t, "columns.pdf", string(converttest.PDF(nil, page))).Content
	if strings.Index(text, "left line 11") > strings.Index(text, "right line 0") {
		t.Errorf("columns are mixed: %q", text)
	}
}

func TestPDFJoinsHyphenatedWords(t *testing.T) {
	t.Parallel()
	text := documenttest.Must(t, "h.pdf", string(converttest.PDF(nil, converttest.Page{
		"The committee decided that the whole of the old infra-",
		"structure has to be replaced within the next three years."}))).Content
	if !strings.Contains(text, "infrastructure") {
		t.Errorf("%q", text)
	}
}

// Links within a file, of which pdftohtml speaks in the middle of its output, part no pages.
func TestPDFWithLinks(t *testing.T) {
	t.Parallel()
	const page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 5 0 R>>>>/Contents %d 0 R/Annots[<</Type/Annot/Subtype/Link/Rect[50 690 90 710]/Dest[4 0 R/Fit]>>]>>"
	var out strings.Builder
	out.WriteString("%PDF-1.4\n")
	var places []int
	for i, object := range []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>", fmt.Sprintf(page, 6), fmt.Sprintf(page, 7),
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
		"<</Length 40>>\nstream\nBT /F 10 Tf 50 700 Td (See below.) Tj ET\nendstream",
		"<</Length 40>>\nstream\nBT /F 10 Tf 50 700 Td (What it is) Tj ET\nendstream",
	} {
		places = append(places, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	table := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(places)+1)
	for _, p := range places {
		fmt.Fprintf(&out, "%010d 00000 n \n", p)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(places)+1, table)
	doc := documenttest.Must(t, "links.pdf", out.String())
	if want := "See below.\n\n" + content.PageBreak + "\n\nWhat it is"; doc.Content != want || len(doc.Warnings) > 0 {
		t.Errorf("%q, %q", doc.Content, doc.Warnings)
	}
}

func TestPDFWithoutText(t *testing.T) {
	t.Parallel()
	doc := documenttest.Must(t, "scan.pdf", string(converttest.PDF(nil, converttest.Page{}, converttest.Page{})))
	if doc.Content != "" || len(doc.Warnings) != 1 || doc.Metadata["page_count"] != 2 {
		t.Errorf("%+v", doc)
	}
}

// The file was made from one of the writer in converttest with
//
//	qpdf --encrypt "open sesame" owner 256 -- in.pdf encrypted.pdf
func TestEncryptedPDF(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ password, want string }{
		{"", "encrypted: give its password in the option password"},
		{"wrong", "does not open it"},
		{"-q", "does not open it"},
		{"a\x00b", "NUL"},
		{"open sesame", ""},
		{"owner", ""},
	} {
		t.Run("with "+tt.password, func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile("testdata/encrypted.pdf")
			if err != nil {
				t.Fatal(err)
			}
			doc, err := documenttest.Convert(t, documenttest.File(t, "secret.pdf", raw), convert.Options{Password: tt.password})
			switch {
			case tt.want == "" && (err != nil || !strings.Contains(doc.Content, "The treasure is under the old oak.")):
				t.Errorf("document %+v, error %v", doc, err)
			case tt.want != "" && (!errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// A PDF may lose any part of itself; whatever is left must not pass for the whole.
func TestBrokenPDF(t *testing.T) {
	t.Parallel()
	var lines converttest.Page
	for i := range 40 {
		lines = append(lines, fmt.Sprintf("Line %d of a page of text", i))
	}
	sound := converttest.PDF(nil, lines, lines, lines)
	for _, size := range []int{20, 200, 1000, len(sound) / 2, len(sound) - 300, len(sound) - 40} {
		_, err := documenttest.Convert(t, documenttest.File(t, "cut.pdf", sound[:size]), convert.Options{})
		if !errors.Is(err, convert.ErrBadSource) {
			t.Errorf("cut to %d of %d bytes: %v", size, len(sound), err)
		}
	}
	emptied := bytes.ReplaceAll(sound, []byte("stream\n"), []byte("strxxx\n"))
	if _, err := documenttest.Convert(t, documenttest.File(t, "emptied.pdf", emptied), convert.Options{}); !errors.Is(err, convert.ErrBadSource) {
		t.Errorf("without streams: %v", err)
	}
	shifted := bytes.Replace(sound, []byte("%PDF-1.4\n"), []byte("%PDF-1.4\n%a comment that moves all the rest\n"), 1)
	doc, err := documenttest.Convert(t, documenttest.File(t, "shifted.pdf", shifted), convert.Options{})
	if err != nil || !strings.Contains(doc.Content, "Line 39") || len(doc.Warnings) != 1 {
		t.Errorf("mended by poppler: %+v, %v", doc, err)
	}
	if _, err := documenttest.Convert(t, documenttest.File(t, "noise.pdf", bytes.Repeat([]byte{0, 1, 2, 3}, 999)), convert.Options{}); !errors.Is(err, convert.ErrBadSource) {
		t.Errorf("noise: %v", err)
	}
}

func TestPDFLimits(t *testing.T) {
	t.Parallel()
	src := documenttest.File(t, "a.pdf", converttest.PDF(nil, slices.Repeat(converttest.Page{"a line of the page"}, 50)))
	for _, tt := range []struct {
		config document.Config
		want   string
	}{
		{document.Config{MaxText: 500}, "MiB of text"},
		{document.Config{Timeout: time.Nanosecond}, "longer than 1ns"},
	} {
		_, err := document.New(tt.config).Convert(t.Context(), src, convert.Options{}, nil)
		if !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v", tt.config, err)
		}
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	documenttest.Conformance(t, "a.pdf", converttest.PDF(nil, converttest.Page{"A page of text."}, converttest.Page{"Another page."}), true)
}
