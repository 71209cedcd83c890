package image

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"

	"github.com/bep/imagemeta"
	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"

	"morag/internal/content"
	"morag/internal/convert"
)

// format is one kind of picture file.
type format struct {
	name, mime string
	magic      []string // one of them begins the file; "?" is any byte
	config     func(io.Reader) (image.Config, error)
	decode     func(io.Reader) (image.Image, error)
	tags       imagemeta.ImageFormat // ImageFormatAuto: it has none that are read here
}

// formatOf finds the format by the first bytes of a file, nil when there is none.
// The registry of the package image is not used: it is shared by the whole program.
func formatOf(head []byte) *format {
	for _, f := range []format{
		{"PNG", "image/png", []string{"\x89PNG\r\n\x1a\n"}, png.DecodeConfig, png.Decode, imagemeta.PNG},
		{"JPEG", "image/jpeg", []string{"\xff\xd8\xff"}, jpeg.DecodeConfig, jpeg.Decode, imagemeta.JPEG},
		{"WebP", "image/webp", []string{"RIFF????WEBP"}, webp.DecodeConfig, webp.Decode, imagemeta.WebP},
		{"TIFF", "image/tiff", []string{"II*\x00", "MM\x00*"}, tiff.DecodeConfig, tiff.Decode, imagemeta.TIFF},
		{"GIF", "image/gif", []string{"GIF87a", "GIF89a"}, gif.DecodeConfig, gif.Decode, imagemeta.ImageFormatAuto},
		{"BMP", "image/bmp", []string{"BM"}, bmp.DecodeConfig, bmp.Decode, imagemeta.ImageFormatAuto},
	} {
		for _, magic := range f.magic {
			if begins(head, magic) {
				return &f
			}
		}
	}
	return nil
}

func begins(head []byte, magic string) bool {
	if len(head) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != head[i] {
			return false
		}
	}
	return true
}

// picture is a file that was looked at and found to be within the limits.
type picture struct {
	*format
	size        int64
	pages       []page
	orientation orientation
	tags        map[string]any
}

// page is one picture of a file.
type page struct {
	*format
	bytes         io.ReaderAt // the file as if it had this page only
	size          int64
	width, height int
	memory        int64 // bytes that its pixels take
}

// reader starts at the beginning. The TIFF decoder jumps, the others do not.
func (p page) reader() *io.SectionReader { return io.NewSectionReader(p.bytes, 0, p.size) }

// inspect reads the header of each page and the tags; it decodes no pixels.
func (c *Converter) inspect(ctx context.Context, file io.ReaderAt, size int64) (*picture, error) {
	if size == 0 {
		return nil, convert.BadSource("the picture is empty", nil)
	}
	file = readerAt{ctx, file}
	head := make([]byte, content.HeadSize)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("convert image: %w", err)
	}
	pic := &picture{format: formatOf(head[:n]), size: size}
	if pic.format == nil {
		return nil, noPicture(head[:n])
	}
	sources := []io.ReaderAt{file}
	if pic.mime == "image/tiff" {
		if sources, err = tiffPages(file, size, c.config.MaxPages); err != nil {
			return nil, err
		}
	}
	for _, source := range sources {
		p := page{format: pic.format, bytes: source, size: size}
		if err := c.measure(&p); err != nil {
			return nil, err
		}
		pic.pages = append(pic.pages, p)
	}
	pic.readTags(io.NewSectionReader(file, 0, size))
	return pic, nil
}

// measure reads the size and refuses what would take too much memory.
func (c *Converter) measure(p *page) error {
	config, err := guard(func() (image.Config, error) { return p.config(p.reader()) })
	if err != nil {
		return p.unreadable(err)
	}
	p.width, p.height = config.Width, config.Height
	if p.width <= 0 || p.height <= 0 {
		return convert.BadSource(fmt.Sprintf("the %s picture has no size", p.name), nil)
	}
	if int64(p.width) > c.config.MaxPixels/int64(p.height) {
		return convert.BadSource(fmt.Sprintf("the picture of %d × %d pixels is too large: the limit is %.3g million pixels (MORAG_MAX_PIXELS)",
			p.width, p.height, float64(c.config.MaxPixels)/1e6), nil)
	}
	p.memory = int64(p.width) * int64(p.height) * pixelBytes(config.ColorModel)
	return nil
}

// pixelBytes is how much memory a decoded pixel takes: twice as much with 16 bits a
// colour.
func pixelBytes(model color.Model) int64 {
	switch model {
	case color.RGBA64Model, color.NRGBA64Model:
		return 2 * ordinaryPixel
	}
	return ordinaryPixel
}

// unreadable says why a decoder gave up.
func (f *format) unreadable(err error) error {
	var unsupportedJPEG jpeg.UnsupportedError
	var unsupportedPNG png.UnsupportedError
	var unsupportedTIFF tiff.UnsupportedError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return convert.BadSource(fmt.Sprintf("the %s picture is truncated", f.name), err)
	case errors.As(err, &unsupportedJPEG), errors.As(err, &unsupportedPNG), errors.As(err, &unsupportedTIFF),
		errors.Is(err, bmp.ErrUnsupported):
		return &convert.Error{Kind: convert.ErrUnsupported, Message: fmt.Sprintf("the %s picture is of a variant that is not read here", f.name), Cause: err}
	}
	return convert.BadSource(fmt.Sprintf("the file is no readable %s picture", f.name), err)
}

// noPicture says what a file is that is none of the formats.
func noPicture(head []byte) error {
	contentType, mime := content.Detect(head, "")
	switch {
	case contentType == content.Image || strings.HasPrefix(mime, "image/"):
		return convert.Unsupported(fmt.Sprintf("pictures of the type %s are not read here: use PNG, JPEG, WebP, TIFF, GIF or BMP", mime))
	case mime != "" && mime != "text/plain":
		return convert.BadSource(fmt.Sprintf("the file is no picture but %s", mime), nil)
	}
	return convert.BadSource("the file is no picture", nil)
}

// guard makes an error of a decoder's panic: what it reads comes from strangers.
func guard[T any](decode func() (T, error)) (result T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("decoder panicked: %v", r)
		}
	}()
	return decode()
}

// readerAt fails once ctx has ended, and the decoder that reads with it.
type readerAt struct {
	ctx context.Context
	io.ReaderAt
}

func (r readerAt) ReadAt(p []byte, offset int64) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.ReaderAt.ReadAt(p, offset)
}
