package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"morag/internal/convert"
	"morag/internal/convert/converttest"
	"morag/internal/convert/document"
	"morag/internal/convert/document/documenttest"
)

// bomb is a small file of n pages that all have the same text of 5 kB.
func bomb(n int) []byte {
	var b strings.Builder
	b.WriteString("%PDF-1.4\n")
	var offsets []int
	object := func(body string) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), body)
	}
	operators := "BT /F 10 Tf 12 TL 50 800 Td\n" + strings.Repeat("(the same line of text again, and again, and again, and again, and again) Tj T*\n", 60) + "ET"
	object("<< /Type /Catalog /Pages 2 0 R >>")
	var kids strings.Builder
	for i := range n {
		fmt.Fprintf(&kids, "%d 0 R ", 5+i)
	}
	object(fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d /MediaBox [0 0 595 842] /Resources << /Font << /F 3 0 R >> >> >>", kids.String(), n))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	object(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(operators), operators))
	for range n {
		object("<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>")
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, table)
	return []byte(b.String())
}

func TestPDFBounds(t *testing.T) {
	t.Parallel()
	page := converttest.Page{"a page"}
	lying := bytes.Replace(converttest.PDF(nil, page, page, page), []byte("/Count 3 "), []byte("/Count 9 "), 1)
	modest := bytes.Replace(converttest.PDF(nil, page, page, page), []byte("/Count 3 "), []byte("/Count 1 "), 1)
	for name, tt := range map[string]struct {
		raw    []byte
		config document.Config
		want   string // in the error, "" for none
		pages  int
	}{
		"too many pages":                 {converttest.PDF(nil, page, page, page, page), document.Config{MaxPages: 3}, "more than 3 pages (MORAG_MAX_PAGES)", 0},
		"as many pages as may be":        {converttest.PDF(nil, page, page, page), document.Config{MaxPages: 3}, "", 3},
		"more pages told than there are": {lying, document.Config{}, "", 3},
		"fewer pages told":               {modest, document.Config{}, "", 1},
		"endless forms":                  {endless(), document.Config{Timeout: 2 * time.Second}, "longer than 2s", 0},
		"a page of much text":            {bomb(5000), document.Config{MaxText: 1 << 20}, "more than 1 MiB of text", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := document.New(tt.config).Convert(t.Context(), documenttest.File(t, "x.pdf", tt.raw), convert.Options{}, nil)
			switch {
			case tt.pages > 0 && (err != nil || doc.Metadata["page_count"] != tt.pages):
				t.Errorf("%+v, %v", doc, err)
			case tt.pages == 0 && (!errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
