package image_test

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/tiff"

	"morag/internal/content"
	"morag/internal/convert"
	picture "morag/internal/convert/image"
)

const minutes = `Minutes of the garden society, 14 March.
The president opened the meeting at half past seven and
thanked the 23 members who had come through the rain.

Two apple trees near the northern wall were lost in the
storm of February. Replacements will cost 180 euros, and
the treasurer asked for offers from three nurseries.

Water from the old well may be used again from April on:
the laboratory found neither nitrate nor bacteria in it.`

const short = `The ferry leaves the island
every morning at a quarter past nine.`

// render writes black text on white paper, a line each, with letters of size pixels.
func render(t testing.TB, text string, size float64) *image.Gray {
	t.Helper()
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		t.Fatal(err)
	}
	defer face.Close()
	lines := strings.Split(text, "\n")
	longest := 0
	for _, line := range lines {
		longest = max(longest, font.MeasureString(face, line).Ceil())
	}
	paper := image.NewGray(image.Rect(0, 0, longest+int(4*size), int(1.4*size*float64(len(lines)))+int(4*size)))
	draw.Draw(paper, paper.Rect, image.White, image.Point{}, draw.Src)
	pen := font.Drawer{Dst: paper, Src: image.Black, Face: face}
	for i, line := range lines {
		pen.Dot = fixed.P(int(2*size), int(3*size+1.4*size*float64(i)))
		pen.DrawString(line)
	}
	return paper
}

// rotate turns a picture clockwise by quarters.
func rotate(from *image.Gray, quarters int) *image.Gray {
	for range quarters {
		w, h := from.Rect.Dx(), from.Rect.Dy()
		to := image.NewGray(image.Rect(0, 0, h, w))
		for y := range h {
			for x := range w {
				to.SetGray(h-1-y, x, from.GrayAt(x, y))
			}
		}
		from = to
	}
	return from
}

func encode(t testing.TB, extension string, picture image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	var err error
	switch extension {
	case "png":
		err = png.Encode(&out, picture)
	case "jpg":
		err = jpeg.Encode(&out, picture, &jpeg.Options{Quality: 90})
	case "gif":
		err = gif.Encode(&out, picture, nil)
	case "bmp":
		err = bmp.Encode(&out, picture)
	case "tiff":
		err = tiff.Encode(&out, picture, &tiff.Options{Compression: tiff.Deflate})
	default:
		t.Fatalf("no encoder for %s", extension)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// colourful is the picture in another colour model: dark blue on a transparent ground.
func colourful(from *image.Gray) *image.NRGBA {
	to := image.NewNRGBA(from.Rect)
	for y := range from.Rect.Dy() {
		for x := range from.Rect.Dx() {
			to.SetNRGBA(x, y, color.NRGBA{R: 10, G: 10, B: 90, A: 255 - from.GrayAt(x, y).Y})
		}
	}
	return to
}

// save writes a file without an extension, as the blob store has them.
func save(t testing.TB, raw []byte) content.Source {
	t.Helper()
	path := filepath.Join(t.TempDir(), "blob")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return content.Source{Path: path, Name: "scan.png", Type: content.Image, MIME: "image/png"}
}

func read(t testing.TB, config picture.Config, raw []byte, opt convert.Options) (*content.Document, error) {
	t.Helper()
	return picture.New(config).Convert(t.Context(), save(t, raw), opt, func(float64, string) {})
}

func mustRead(t testing.TB, raw []byte, opt convert.Options) *content.Document {
	t.Helper()
	doc, err := read(t, picture.Config{}, raw, opt)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}
