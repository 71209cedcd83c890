package pdf_test

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"strings"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// paper is a PDF page of A4 in the making: text in several sizes and a picture.
type paper struct {
	operators strings.Builder
	picture   *image.Gray
	flate     bool   // the picture's compression, else JPEG
	matrix    string // by which the text is turned, "" for none
	rotate    int    // how the page is shown
}

// text sets a line at x, y points from the top left corner.
func (p *paper) text(x, y, size float64, bold bool, text string) {
	name := "F1"
	if bold {
		name = "F2"
	}
	escaped := strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`).Replace(text)
	fmt.Fprintf(&p.operators, "BT /%s %g Tf 1 0 0 1 %g %g Tm (%s) Tj ET\n", name, size, x, 842-y, escaped)
}

// body sets lines of 10 points from y on and returns where the next may be.
func (p *paper) body(y float64, lines ...string) float64 {
	for _, line := range lines {
		p.text(60, y, 10, false, line)
		y += 13
	}
	return y
}

// papers writes the PDF.
func papers(t testing.TB, pages ...*paper) []byte {
	t.Helper()
	var out bytes.Buffer
	var offsets []int
	object := func(format string, args ...any) {
		offsets = append(offsets, out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n", len(offsets))
		fmt.Fprintf(&out, format, args...)
		out.WriteString("\nendobj\n")
	}
	out.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	var kids []string
	for i := range pages {
		kids = append(kids, fmt.Sprintf("%d 0 R", 5+3*i))
	}
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [%s] /Count %d >>", strings.Join(kids, " "), len(pages))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>")
	for i, page := range pages {
		operators := page.operators.String()
		if page.matrix != "" {
			operators = "q " + page.matrix + " cm\n" + operators + "Q\n"
		}
		if page.picture != nil {
			operators = "q 595 0 0 842 0 0 cm /Im Do Q\n" + operators
		}
		object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate %d /Resources << /Font << /F1 3 0 R /F2 4 0 R >> "+
			"/XObject << /Im %d 0 R >> >> /Contents %d 0 R >>", page.rotate, 7+3*i, 6+3*i)
		object("<< /Length %d >>\nstream\n%s\nendstream", len(operators), operators)
		filter, data := page.pixels(t)
		object("<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /%s /Length %d >>\nstream\n%s\nendstream",
			page.bounds().Dx(), page.bounds().Dy(), filter, len(data), data)
	}
	table := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, offset := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, table)
	return out.Bytes()
}

func (p *paper) bounds() image.Rectangle {
	if p.picture == nil {
		return image.Rect(0, 0, 1, 1)
	}
	return p.picture.Rect
}

func (p *paper) pixels(t testing.TB) (filter, data string) {
	t.Helper()
	picture := p.picture
	if picture == nil {
		picture = image.NewGray(p.bounds())
	}
	var out bytes.Buffer
	if !p.flate {
		if err := jpeg.Encode(&out, picture, &jpeg.Options{Quality: 85}); err != nil {
			t.Fatal(err)
		}
		return "DCTDecode", out.String()
	}
	w := zlib.NewWriter(&out)
	if _, err := w.Write(picture.Pix); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return "FlateDecode", out.String()
}

// scanned is a page of A4 at 200 dpi with the lines printed on it, as a scanner sees it.
// What stands behind a tab begins at a place of its own.
func scanned(t testing.TB, lines ...string) *paper {
	t.Helper()
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: 12, DPI: 200, Hinting: font.HintingFull})
	if err != nil {
		t.Fatal(err)
	}
	picture := image.NewGray(image.Rect(0, 0, 1654, 2339))
	draw.Draw(picture, picture.Rect, image.NewUniform(color.Gray{248}), image.Point{}, draw.Src)
	for i, line := range lines {
		for j, part := range strings.Split(line, "\t") {
			d := font.Drawer{Dst: picture, Src: image.NewUniform(color.Gray{30}), Face: face, Dot: fixed.P(160+400*j, 220+46*i)}
			d.DrawString(part)
		}
	}
	return &paper{picture: picture}
}
