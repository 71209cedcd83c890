package image_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/converttest"
	picture "morag/internal/convert/image"
	"morag/internal/speech"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, extension := range []string{"png", "jpg", "tiff"} {
		t.Run(extension, func(t *testing.T) {
			t.Parallel()
			converttest.Run(t, converttest.Case{
				New:        func(string) convert.Converter { return picture.New(picture.Config{}) },
				Source:     func(t *testing.T) content.Source { return save(t, encode(t, extension, render(t, short, 40))) },
				Structured: true,
			})
		})
	}
}

// A clean page in whatever position is read with at most one word in twenty wrong.
func TestPageIsRead(t *testing.T) {
	t.Parallel()
	page := render(t, minutes, 46) // 11 point at 300 dpi
	for name, raw := range map[string][]byte{
		"upright":                  encode(t, "png", page),
		"turned by 90°":            encode(t, "png", rotate(page, 1)),
		"turned by 180°":           encode(t, "png", rotate(page, 2)),
		"turned by 270°":           encode(t, "png", rotate(page, 3)),
		"on a transparent ground":  encode(t, "png", colourful(page)),
		"small, as on a screen":    encode(t, "png", render(t, minutes, 14)),
		"turned, with a tag of it": withOrientation(encode(t, "jpg", rotate(page, 3)), 6),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := mustRead(t, raw, convert.Options{})
			wer := speech.WordErrorRate(minutes, doc.Content)
			t.Logf("word error rate %.3f, %v", wer, doc.Metadata)
			if wer > 0.05 {
				t.Errorf("word error rate %.3f:\n%s", wer, doc.Content)
			}
			if n := strings.Count(doc.Content, "\n\n"); n != 3 { // the first line of the three paragraphs ends early
				t.Errorf("%d gaps between the paragraphs:\n%s", n, doc.Content)
			}
			if q := doc.Metadata["quality"]; q != "high" {
				t.Errorf("quality %v", q)
			}
		})
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	page := render(t, short, 40)
	raw := encode(t, "png", page)
	doc := mustRead(t, raw, convert.Options{})
	for key, want := range map[string]any{
		"width": page.Rect.Dx(), "height": page.Rect.Dy(), "format": "png", "mime_type": "image/png",
		"file_size": int64(len(raw)), "language": "en", "page_count": 1,
	} {
		if doc.Metadata[key] != want {
			t.Errorf("%s: got %v, want %v", key, doc.Metadata[key], want)
		}
	}
	if c, _ := doc.Metadata["confidence"].(float64); c < 0.85 || c > 1 {
		t.Errorf("confidence %v", c)
	}
	if len(doc.Thumbnails) != 0 {
		t.Error("thumbnails that nobody asked for")
	}
}

// A picture without text is in no language.
func TestNoLanguageWithoutText(t *testing.T) {
	t.Parallel()
	raw := encode(t, "png", image.NewGray(image.Rect(0, 0, 300, 200)))
	for _, option := range []string{"", "en"} {
		doc := mustRead(t, raw, convert.Options{Language: option})
		if _, there := doc.Metadata["language"]; there || doc.Content != "" {
			t.Errorf("option %q: %q, %v", option, doc.Content, doc.Metadata)
		}
	}
}

// The picture counts as it is to be seen: turned as its tag says.
func TestOrientationTag(t *testing.T) {
	t.Parallel()
	page := render(t, short, 40)
	raw := withOrientation(encode(t, "jpg", rotate(page, 3)), 6)
	doc := mustRead(t, raw, convert.Options{IncludeThumbnails: true})
	if doc.Metadata["width"] != page.Rect.Dx() || doc.Metadata["height"] != page.Rect.Dy() {
		t.Errorf("size %v × %v, want %v", doc.Metadata["width"], doc.Metadata["height"], page.Rect)
	}
	if len(doc.Thumbnails) != 1 {
		t.Fatalf("%d thumbnails", len(doc.Thumbnails))
	}
	encoded, found := strings.CutPrefix(doc.Thumbnails[0], "data:image/jpeg;base64,")
	small, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || !found {
		t.Fatalf("thumbnail %.40q, %v", doc.Thumbnails[0], err)
	}
	config, err := jpeg.DecodeConfig(bytes.NewReader(small))
	if err != nil || config.Width != 320 || config.Height >= 320 {
		t.Errorf("thumbnail of %d × %d, %v", config.Width, config.Height, err)
	}
	tiny := mustRead(t, raw, convert.Options{IncludeThumbnails: true, ThumbnailSize: 32})
	if len(tiny.Thumbnails) != 1 || len(tiny.Thumbnails[0]) >= len(doc.Thumbnails[0]) {
		t.Errorf("a thumbnail of 32 pixels is no smaller than one of 320")
	}
}

func TestPicturesWithoutText(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	blank, noise, slope := image.NewGray(image.Rect(0, 0, 400, 300)), image.NewGray(image.Rect(0, 0, 400, 300)), image.NewGray(image.Rect(0, 0, 400, 300))
	for i := range blank.Pix {
		blank.Pix[i], noise.Pix[i], slope.Pix[i] = 255, byte(random.IntN(256)), byte(i/400)
	}
	for name, from := range map[string]image.Image{
		"blank": blank, "noise": noise, "a slope": slope, "one pixel": image.NewGray(image.Rect(0, 0, 1, 1)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := mustRead(t, encode(t, "png", from), convert.Options{})
			if doc.Content != "" {
				t.Errorf("content %q", doc.Content)
			}
		})
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	raw := encode(t, "png", render(t, short, 40))
	for option, want := range map[string]struct {
		kind     error
		sentence string
	}{
		"fr-CA": {convert.ErrNoEngine, "apt-get install tesseract-ocr-fra"},
		"zh-TW": {convert.ErrNoEngine, "apt-get install tesseract-ocr-chi-tra"},
		"zh":    {convert.ErrNoEngine, "apt-get install tesseract-ocr-chi-sim"},
		"en+pl": {convert.ErrNoEngine, "apt-get install tesseract-ocr-pol"},
		"../x":  {convert.ErrBadSource, "option language"},
		"und":   {convert.ErrBadSource, "option language"},
	} {
		_, err := read(t, picture.Config{}, raw, convert.Options{Language: option})
		if !errors.Is(err, want.kind) || !strings.Contains(err.Error(), want.sentence) {
			t.Errorf("%s: error %v, want %q", option, err, want.sentence)
		}
	}
	doc := mustRead(t, raw, convert.Options{Language: "auto"})
	if doc.Metadata["language"] != "en" {
		t.Errorf("language %v", doc.Metadata["language"])
	}
}

func TestMissingEngine(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := read(t, picture.Config{}, encode(t, "png", render(t, short, 20)), convert.Options{})
	if !errors.Is(err, convert.ErrNoEngine) || !strings.Contains(err.Error(), "apt-get install tesseract-ocr") {
		t.Errorf("error %v", err)
	}
}

func TestBadSources(t *testing.T) {
	t.Parallel()
	sound := encode(t, "png", render(t, short, 20))
	for name, tt := range map[string]struct {
		raw  []byte
		kind error
		want string
	}{
		"20,000 × 20,000 pixels":   {pngHeader(20_000, 20_000, 8), convert.ErrBadSource, "20000 × 20000 pixels is too large"},
		"with 16 bits a colour":    {pngHeader(20_000, 20_000, 16), convert.ErrBadSource, "20000 × 20000 pixels is too large: the limit is 100 million pixels (MORAG_MAX_PIXELS)"},
		"as TIFF":                  {tiffHeader(20_000, 20_000), convert.ErrBadSource, "20000 × 20000 pixels is too large"},
		"as WebP":                  {webpHeader(), convert.ErrBadSource, "16384 × 16384 pixels is too large"},
		"more than can be counted": {pngHeader(1<<31-1, 1<<31-1, 8), convert.ErrUnsupported, "variant"},
		"a header and nothing":     {pngHeader(300, 300, 8), convert.ErrBadSource, "truncated"},
		"a document":               {[]byte("%PDF-1.7\n%\xe2\xe3\n"), convert.ErrBadSource, "no picture but application/pdf"},
		"text":                     {[]byte("these are words"), convert.ErrBadSource, "no picture"},
		"a drawing":                {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"></svg>`), convert.ErrUnsupported, "image/svg+xml"},
		"a png's last bytes lost":  {sound[:len(sound)-40], convert.ErrBadSource, "no readable PNG"},
		"a changed byte":           {flip(sound, len(sound)/2), convert.ErrBadSource, "no readable PNG"},
		"a circle of pages":        {circularTIFF(), convert.ErrBadSource, "circle"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := read(t, picture.Config{}, tt.raw, convert.Options{})
			if !errors.Is(err, tt.kind) || doc != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("document %v, error %v, want %q", doc, err, tt.want)
			}
		})
	}
}

func TestTIFFPages(t *testing.T) {
	t.Parallel()
	raw := joinTIFF(encode(t, "tiff", render(t, "The first page", 40)), encode(t, "tiff", render(t, "The second page", 40)))
	doc := mustRead(t, raw, convert.Options{})
	if want := "The first page\n\n" + content.PageBreak + "\n\nThe second page"; doc.Content != want {
		t.Errorf("content %q, want %q", doc.Content, want)
	}
	if doc.Metadata["page_count"] != 2 {
		t.Errorf("page_count %v", doc.Metadata["page_count"])
	}
	_, err := read(t, picture.Config{MaxPages: 1}, raw, convert.Options{})
	if !errors.Is(err, convert.ErrBadSource) || !strings.Contains(err.Error(), "more than 1 pages") {
		t.Errorf("error %v", err)
	}
}

// What the suite is not run for.
func TestOtherFormats(t *testing.T) {
	t.Parallel()
	page := render(t, short, 40)
	for mime, raw := range map[string][]byte{
		"image/gif": encode(t, "gif", page), "image/bmp": encode(t, "bmp", page), "image/webp": webp(t, page),
	} {
		t.Run(mime, func(t *testing.T) {
			t.Parallel()
			doc := mustRead(t, raw, convert.Options{})
			if wer := speech.WordErrorRate(short, doc.Content); wer > 0.05 || doc.Metadata["mime_type"] != mime {
				t.Errorf("word error rate %.3f: %q, %v", wer, doc.Content, doc.Metadata)
			}
			doc, err := read(t, picture.Config{}, raw[:len(raw)/2], convert.Options{})
			if !errors.Is(err, convert.ErrBadSource) {
				t.Errorf("half of it: %v, %v", doc, err)
			}
		})
	}
}

func webp(t *testing.T, page image.Image) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "a.webp")
	args := []string{"-v", "error", "-i", save(t, encode(t, "png", page)).Path, out}
	if message, err := exec.CommandContext(t.Context(), "ffmpeg", args...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v\n%s", err, message)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func flip(raw []byte, at int) []byte {
	raw = bytes.Clone(raw)
	raw[at] ^= 0xff
	return raw
}

// pngHeader is a PNG file that ends where the pixels would begin.
func pngHeader(width, height uint32, bits byte) []byte {
	chunk := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)...)
	chunk = append(chunk, bits, 2, 0, 0, 0)
	raw := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), 13)
	return binary.BigEndian.AppendUint32(append(raw, chunk...), crc32.ChecksumIEEE(chunk))
}

// tiffHeader is that of a grey picture of 16 bits.
func tiffHeader(width, height uint32) []byte {
	order := binary.LittleEndian
	entries := [][3]uint32{ // tag, type, value; one value each
		{256, 4, width}, {257, 4, height}, {258, 3, 16}, {259, 3, 1}, {262, 3, 1}, {273, 4, 8}, {277, 3, 1}, {278, 4, height}, {279, 4, 8},
	}
	raw := order.AppendUint16([]byte("II*\x00\x08\x00\x00\x00"), uint16(len(entries)))
	for _, e := range entries {
		raw = order.AppendUint16(order.AppendUint16(raw, uint16(e[0])), uint16(e[1]))
		raw = order.AppendUint32(order.AppendUint32(raw, 1), e[2])
	}
	return order.AppendUint32(raw, 0)
}

// webpHeader is that of the largest picture without loss.
func webpHeader() []byte {
	chunk := "VP8L\x08\x00\x00\x00\x2f\xff\xff\xff\x0f\x00\x00\x00"
	return []byte("RIFF\x14\x00\x00\x00WEBP" + chunk)
}

// circularTIFF has one directory, without entries, that follows itself.
func circularTIFF() []byte {
	return []byte("II*\x00\x08\x00\x00\x00\x00\x00\x08\x00\x00\x00")
}

// joinTIFF makes one file of two little-endian ones with one page each: the second's
// offsets are moved by the length of the first.
func joinTIFF(first, second []byte) []byte {
	order := binary.LittleEndian
	first, second = bytes.Clone(first), bytes.Clone(second)
	base := uint32(len(first))
	directory := func(raw []byte) (offset, end uint32) {
		offset = order.Uint32(raw[4:])
		return offset, offset + 2 + 12*uint32(order.Uint16(raw[offset:]))
	}
	_, end := directory(first)
	start, stop := directory(second)
	order.PutUint32(first[end:], base+start)
	for at := start + 2; at < stop; at += 12 {
		entry := second[at : at+12]
		tag, kind, count := order.Uint16(entry), order.Uint16(entry[2:]), order.Uint32(entry[4:])
		size := map[uint16]uint32{3: 2, 4: 4, 5: 8}[kind] * count
		if size > 4 || tag == 273 { // a value elsewhere, or the offset of the pixels
			order.PutUint32(entry[8:], order.Uint32(entry[8:])+base)
		}
	}
	return append(first, second...)
}
