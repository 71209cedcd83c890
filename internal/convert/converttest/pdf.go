package converttest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Page is the text of a PDF page, a line each. A line that begins with a form feed
// starts a second column.
type Page []string

// PDF writes a small sound PDF with a cross-reference table: pages of 10 point Helvetica
// and the entries of info ("Title", "Author", "CreationDate": "D:20240102030405Z").
// Text is limited to ASCII.
func PDF(info map[string]string, pages ...Page) []byte {
	w := &pdfWriter{}
	w.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	var kids []string
	for i := range pages {
		kids = append(kids, fmt.Sprintf("%d 0 R", 5+2*i))
	}
	w.object("<< /Type /Catalog /Pages 2 0 R >>")
	w.object(fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d >>", strings.Join(kids, " "), len(pages)))
	w.object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	var entries strings.Builder
	for _, key := range slices.Sorted(maps.Keys(info)) {
		fmt.Fprintf(&entries, "/%s (%s) ", key, pdfString(info[key]))
	}
	w.object("<< " + entries.String() + ">>")
	for i, page := range pages {
		w.object(fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "+
			"/Resources << /Font << /F1 3 0 R >> >> /Contents %d 0 R >>", 6+2*i))
		text := page.operators()
		w.object(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text))
	}
	w.end()
	return w.Bytes()
}

// operators draws the lines: one text object, the position given anew for each line.
func (p Page) operators() string {
	var b strings.Builder
	b.WriteString("BT /F1 10 Tf 12 TL 1 0 0 1 50 780 Tm\n")
	for _, line := range p {
		if rest, found := strings.CutPrefix(line, "\f"); found {
			b.WriteString("1 0 0 1 310 780 Tm\n")
			line = rest
		}
		fmt.Fprintf(&b, "(%s) Tj T*\n", pdfString(line))
	}
	b.WriteString("ET")
	return b.String()
}

func pdfString(s string) string {
	return strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`, "\n", `\n`).Replace(s)
}

// pdfWriter numbers objects and remembers where they are.
type pdfWriter struct {
	bytes.Buffer
	offsets []int
}

func (w *pdfWriter) object(body string) {
	w.offsets = append(w.offsets, w.Len())
	fmt.Fprintf(w, "%d 0 obj\n%s\nendobj\n", len(w.offsets), body)
}

func (w *pdfWriter) end() {
	table := w.Len()
	fmt.Fprintf(w, "xref\n0 %d\n0000000000 65535 f \n", len(w.offsets)+1)
	for _, offset := range w.offsets {
		fmt.Fprintf(w, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(w, "trailer\n<< /Size %d /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(w.offsets)+1, table)
}
