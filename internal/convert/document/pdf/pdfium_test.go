package pdf_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/converttest"
	"morag/internal/convert/document"
	"morag/internal/convert/document/documenttest"
	"morag/internal/convert/image"
)

// builtIn is a converter for a machine without poppler. The tests share it, for pdfium
// takes seconds to start.
var builtIn = sync.OnceValue(func() *document.Converter {
	return document.New(document.Config{MaxPages: 20, MaxText: 40 << 10, MaxMemory: 256 << 20, Pictures: image.New(image.Config{})})
})

// with is a converter whose only PDF engine is the one named; tesseract is there too.
func with(t *testing.T, engine string) *document.Converter {
	t.Helper()
	if engine == "pdfium" {
		only(t, "tesseract")
		return builtIn()
	}
	return reading(t, document.Config{})
}

// only leaves some programs in PATH.
func only(t *testing.T, programs ...string) {
	t.Helper()
	folder := t.TempDir()
	for _, name := range programs {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", folder)
}

func TestPDFiumConformance(t *testing.T) {
	c := with(t, "pdfium")
	converttest.Run(t, converttest.Case{
		New: func(string) convert.Converter { return c },
		Source: func(t *testing.T) content.Source {
			raw, _ := book(t, 3)
			return documenttest.File(t, "book.pdf", raw)
		},
		Structured: true,
	})
}

func TestPDFium(t *testing.T) {
	c := with(t, "pdfium")
	doc, err := c.Convert(t.Context(), documenttest.File(t, "a.pdf", converttest.PDF(
		map[string]string{"Title": "The river", "Author": "A. Writer", "CreationDate": "D:20240305143000+01'00'"},
		converttest.Page{"The first page", "", "\x95 an item"}, converttest.Page{"The second page"})), convert.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := "The first page\n\n- an item\n\n" + content.PageBreak + "\n\nThe second page"; doc.Content != want {
		t.Errorf("got %q, want %q", doc.Content, want)
	}
	for key, want := range map[string]any{
		"title": "The river", "author": "A. Writer", "created": "2024-03-05T13:30:00Z", "page_count": 2, "engine": "pdfium",
	} {
		if got := doc.Metadata[key]; got != want {
			t.Errorf("%s: got %v, want %v", key, got, want)
		}
	}

	encrypted, err := os.ReadFile("testdata/encrypted.pdf")
	if err != nil {
		t.Fatal(err)
	}
	long, _ := book(t, 15)
	for name, tt := range map[string]struct {
		raw            []byte
		password, want string
	}{
		"no password":    {encrypted, "", "encrypted: give its password in the option password"},
		"wrong password": {encrypted, "wrong", "does not open it"},
		"password":       {encrypted, "open sesame", ""},
		"too many pages": {converttest.PDF(nil, make([]converttest.Page, 21)...), "", "more than 20 pages"},
		"too much text":  {long, "", "MiB of text"},
		"noise":          {[]byte("%PDF-1.4\n" + strings.Repeat("\x00\x01", 999) + "\n%%EOF"), "", "not a readable PDF"},
	} {
		doc, err := c.Convert(t.Context(), documenttest.File(t, "b.pdf", tt.raw), convert.Options{Password: tt.password}, nil)
		switch {
		case tt.want == "" && (err != nil || !strings.Contains(doc.Content, "The treasure is under the old oak.")):
			t.Errorf("%s: %+v, %v", name, doc, err)
		case tt.want != "" && (!errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v", name, err)
		}
	}
}

// endless is a page that takes long to draw and to read: form in form in form.
func endless() []byte {
	var b strings.Builder
	b.WriteString("%PDF-1.4\n")
	var offsets []int
	object := func(body string) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), body)
	}
	const depth = 12
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /XObject << /X 6 0 R >> /Font << /F 5 0 R >> >> /Contents 4 0 R >>")
	object("<< /Length 5 >>\nstream\n/X Do\nendstream")
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	for i := range depth {
		operators := strings.Repeat("/X Do\n", 12)
		if i == depth-1 {
			operators = "BT /F 10 Tf (word) Tj ET"
		}
		object(fmt.Sprintf("<< /Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /X %d 0 R >> /Font << /F 5 0 R >> >> /Length %d >>\nstream\n%s\nendstream",
			min(7+i, 5+depth), len(operators), operators))
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, table)
	return []byte(b.String())
}

func TestPDFiumStopsInTheMiddleOfAPage(t *testing.T) {
	c := with(t, "pdfium")
	if _, err := c.Convert(t.Context(), documenttest.File(t, "a.pdf", converttest.PDF(nil, converttest.Page{"warm"})), convert.Options{}, nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	timer := time.AfterFunc(300*time.Millisecond, cancel)
	defer timer.Stop()
	start := time.Now()
	_, err := c.Convert(ctx, documenttest.File(t, "e.pdf", endless()), convert.Options{}, nil)
	if !errors.Is(err, context.Canceled) || time.Since(start) > time.Minute {
		t.Errorf("error %v after %s", err, time.Since(start))
	}
	if doc, err := c.Convert(t.Context(), documenttest.File(t, "a.pdf", converttest.PDF(nil, converttest.Page{"again"})), convert.Options{}, nil); err != nil || doc.Content != "again" {
		t.Errorf("afterwards: %+v, %v", doc, err)
	}
}
