package image

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"

	"golang.org/x/image/draw"

	"morag/internal/convert"
)

const (
	// maxSide is what tesseract takes in one direction.
	maxSide = 32_767
	// maxRead is what is given to tesseract: a page of A4 at 600 dpi. Larger pictures
	// are scaled down, for their letters are larger or their detail is no text.
	maxRead = 36_000_000

	// ordinaryPixel is the most bytes of a decoded pixel with 8 bits a colour.
	ordinaryPixel = 4

	thumbnailQuality = 80
)

// decode makes a page grey and upright, and a small picture of it, with a longer side of
// thumbnail pixels, when that is not 0.
// The coloured pixels are gone from memory when it returns.
func (c *Converter) decode(ctx context.Context, p page, o orientation, thumbnail int) (*image.Gray, string, error) {
	weight := min(p.memory, ordinaryPixel*c.config.MaxPixels) // a larger one is decoded alone
	if err := c.memory.Acquire(ctx, weight); err != nil {
		return nil, "", err
	}
	defer c.memory.Release(weight)
	picture, err := guard(func() (image.Image, error) { return p.format.decode(p.reader()) })
	if err != nil {
		return nil, "", p.unreadable(err)
	}
	if b := picture.Bounds(); int64(b.Dx())*int64(b.Dy()) > int64(p.width)*int64(p.height) {
		return nil, "", convert.BadSource(fmt.Sprintf("the %s picture is larger than its header says", p.name), nil)
	}
	small := ""
	if thumbnail > 0 {
		if small, err = makeThumbnail(picture, o, thumbnail); err != nil {
			return nil, "", fmt.Errorf("make thumbnail: %w", err)
		}
	}
	return turn(toGrey(picture), o), small, ctx.Err()
}

// toGrey puts a picture on white paper, in the size that is read.
func toGrey(picture image.Image) *image.Gray {
	b := picture.Bounds()
	width, height := b.Dx(), b.Dy()
	for width*height > maxRead || width > maxSide || height > maxSide {
		width, height = max(1, width*9/10), max(1, height*9/10)
	}
	same := b.Dx() == width && b.Dy() == height
	if from, ok := picture.(*image.YCbCr); ok { // its Y is the grey picture
		picture = &image.Gray{Pix: from.Y, Stride: from.YStride, Rect: b}
	}
	if from, ok := picture.(*image.Gray); ok && same && b.Min == (image.Point{}) {
		return from
	}
	grey := image.NewGray(image.Rect(0, 0, width, height))
	draw.Draw(grey, grey.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	if same {
		draw.Draw(grey, grey.Rect, picture, b.Min, draw.Over)
	} else {
		draw.ApproxBiLinear.Scale(grey, grey.Rect, picture, b, draw.Over, nil)
	}
	return grey
}

// scale makes a picture larger or smaller.
func scale(grey *image.Gray, factor float64) *image.Gray {
	b := grey.Bounds()
	larger := image.NewGray(image.Rect(0, 0, int(float64(b.Dx())*factor), int(float64(b.Dy())*factor)))
	draw.CatmullRom.Scale(larger, larger.Rect, grey, b, draw.Src, nil)
	return larger
}

// orientation is EXIF's number for how the picture is to be turned: 1 is upright, 3
// upside down, 6 to be turned clockwise, 8 the other way; even ones below 6 and odd
// ones above are mirrored. Anything else is upright.
type orientation int

const (
	upright          orientation = 1
	upsideDown       orientation = 3
	clockwise        orientation = 6
	counterclockwise orientation = 8
)

// swaps tells whether height becomes width.
func (o orientation) swaps() bool { return o >= 5 && o <= 8 }

// source is where the pixel at x, y of the upright picture of w × h pixels is.
func (o orientation) source(x, y, w, h int) (int, int) {
	switch o {
	case 2:
		return w - 1 - x, y
	case upsideDown:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case clockwise:
		return y, w - 1 - x
	case 7:
		return h - 1 - y, w - 1 - x
	case counterclockwise:
		return h - 1 - y, x
	}
	return x, y
}

func turn(grey *image.Gray, o orientation) *image.Gray {
	if o <= upright || o > counterclockwise {
		return grey
	}
	w, h := grey.Rect.Dx(), grey.Rect.Dy()
	if o.swaps() {
		w, h = h, w
	}
	turned := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		row := turned.Pix[y*turned.Stride:]
		for x := range w {
			fromX, fromY := o.source(x, y, w, h)
			row[x] = grey.Pix[fromY*grey.Stride+fromX]
		}
	}
	return turned
}

// makeThumbnail is a small JPEG picture as a data URL.
func makeThumbnail(picture image.Image, o orientation, side int) (string, error) {
	b := picture.Bounds()
	width, height := b.Dx(), b.Dy()
	if longer := max(width, height); longer > side {
		width, height = max(1, width*side/longer), max(1, height*side/longer)
	}
	small := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(small, small.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(small, small.Rect, picture, b, draw.Over, nil)
	if o.swaps() {
		width, height = height, width
	}
	turned := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			turned.SetRGBA(x, y, small.RGBAAt(o.source(x, y, width, height)))
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, turned, &jpeg.Options{Quality: thumbnailQuality}); err != nil {
		return "", err
	}
	return "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(out.Bytes()), nil
}
