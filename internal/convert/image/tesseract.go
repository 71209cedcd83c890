package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"strings"

	"morag/internal/convert"
	"morag/internal/proc"
)

const (
	tesseractCommand = "tesseract"
	tesseractRemedy  = "apt-get install tesseract-ocr tesseract-ocr-eng"

	// A reading with fewer than this share of sure letters may be of a picture that lies
	// on its side: the other three positions are tried.
	enoughSure = 0.6
	// Letters below this height in pixels are read better when they are enlarged.
	smallLetters  = 22
	enlargeFactor = 2.5
)

// tesseract is the OCR engine, ready for some languages. It is safe for concurrent use.
type tesseract struct {
	config    Config
	version   string
	languages string // as tesseract names them: "deu+eng"
}

func (e tesseract) String() string {
	return strings.TrimSpace(tesseractCommand + " " + e.version)
}

// prepare finds the engine and its data for the languages.
func (c *Converter) prepare(ctx context.Context, languages []ocrLanguage) (tesseract, error) {
	e := tesseract{config: c.config}
	listed, err := e.run(ctx, nil, "--list-langs")
	if err != nil {
		return e, err
	}
	installed := strings.Fields(string(listed.Stdout))
	var names []string
	for _, language := range languages {
		if !slices.Contains(installed, language.name) {
			return e, convert.NoEngine(fmt.Sprintf("reading pictures in the language %s needs tesseract's data for it: apt-get install %s",
				language.tag, language.debianPackage()))
		}
		names = append(names, language.name)
	}
	e.languages = strings.Join(names, "+")
	if e.version, err = proc.Version(ctx, tesseractCommand, "--version"); err != nil {
		return e, fmt.Errorf("find tesseract: %w", err)
	}
	return e, nil
}

// read takes the text of a picture in whatever position and size it is best read, which is
// returned, too.
func (e tesseract) read(ctx context.Context, grey *image.Gray) (reading, image.Rectangle, error) {
	best, err := e.readAsIs(ctx, grey)
	if err != nil {
		return nil, grey.Rect, err
	}
	try := func(other *image.Gray) error {
		found, err := e.readAsIs(ctx, other)
		if err == nil && found.score().sure > best.score().sure {
			best, grey = found, other
		}
		return err
	}
	if len(best) > 0 && !best.score().good() {
		for _, o := range []orientation{clockwise, counterclockwise, upsideDown} {
			if err := try(turn(grey, o)); err != nil {
				return nil, grey.Rect, err
			}
			if best.score().good() {
				break
			}
		}
	}
	height := best.letterHeight()
	if height > 0 && height < smallLetters && grey.Rect.Dx()*grey.Rect.Dy() < maxRead/8 {
		if err := try(scale(grey, enlargeFactor)); err != nil {
			return nil, grey.Rect, err
		}
	}
	return best.legible(), grey.Rect, nil
}

// readAsIs runs tesseract once. It gets the pixels by its standard input, so that there
// is no file to be cleared away.
func (e tesseract) readAsIs(ctx context.Context, grey *image.Gray) (reading, error) {
	result, err := e.run(ctx, pgm(grey), "stdin", "stdout", "-l", e.languages, "--psm", "3", "-c", "tessedit_create_tsv=1")
	if err != nil {
		return nil, err
	}
	return parseTSV(result.Stdout), nil
}

// run runs tesseract on one processor, which is faster than its own four threads, and
// makes the failures sentences.
func (e tesseract) run(ctx context.Context, stdin io.Reader, args ...string) (proc.Result, error) {
	result, err := proc.Run(ctx, proc.Cmd{
		Name: tesseractCommand, Args: args, Stdin: stdin, Env: []string{"OMP_THREAD_LIMIT=1"},
		Timeout: e.config.Timeout, MaxStdout: e.config.MaxText, MaxMemory: e.config.MaxMemory,
	})
	switch {
	case err == nil:
		return result, nil
	case ctx.Err() != nil:
		return result, ctx.Err()
	case errors.Is(err, proc.ErrNotFound):
		return result, convert.NoEngine("reading pictures needs the program tesseract: " + tesseractRemedy)
	case errors.Is(err, proc.ErrOutput):
		return result, convert.BadSource(fmt.Sprintf("the picture holds more than %d MiB of text", e.config.MaxText>>20), err)
	}
	return result, convert.EngineFailed("tesseract could not read the picture", err)
}

// pgm is the plainest picture format there is: size and bytes.
func pgm(grey *image.Gray) io.Reader {
	w, h := grey.Rect.Dx(), grey.Rect.Dy()
	parts := []io.Reader{strings.NewReader(fmt.Sprintf("P5\n%d %d\n255\n", w, h))}
	if grey.Stride == w {
		return io.MultiReader(append(parts, bytes.NewReader(grey.Pix[:w*h]))...)
	}
	for y := range h {
		parts = append(parts, bytes.NewReader(grey.Pix[y*grey.Stride:][:w]))
	}
	return io.MultiReader(parts...)
}
