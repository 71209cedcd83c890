package pdf

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"morag/internal/convert"
	"morag/internal/proc"
)

const (
	pdfinfo       = "pdfinfo"
	pdftohtml     = "pdftohtml"
	pdftoppm      = "pdftoppm"
	pdfimages     = "pdfimages"
	popplerRemedy = "apt-get install poppler-utils"

	// markupFactor is how much longer pdftohtml's output may be than the text: each line
	// comes with its place.
	markupFactor = 8
)

// poppler is the PDF engine of a machine that has poppler's programs.
type poppler struct {
	config   Config
	file     string // absolute: a name that begins with a dash is no option
	password string
}

// read takes the text with its places and fonts from pdftohtml, and what the file says of
// itself from pdfinfo, at the same time.
func (p poppler) read(ctx context.Context) (*pdfText, error) {
	found := &pdfText{}
	var info, text proc.Result
	markup := markupReader{maxText: p.config.MaxText}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		if info, err = p.run(groupCtx, proc.Cmd{Name: pdfinfo, Args: []string{"-enc", "UTF-8", "-isodates"}}); err != nil {
			return err
		}
		found.metadata = parseInfo(string(info.Stdout))
		if pages, _ := found.metadata["page_count"].(int); pages > p.config.MaxPages {
			return tooManyPages(p.config.MaxPages) // and the others stop
		}
		return nil
	})
	group.Go(func() (err error) {
		text, err = p.run(groupCtx, proc.Cmd{
			Name: pdftohtml, Args: []string{
				"-xml", "-i", "-hidden", "-nodrm", "-noroundcoord", "-fontfullname", "-zoom", "1", "-enc", "UTF-8", "-stdout",
			},
			Line: markup.line, MaxStdout: markupFactor * max(p.config.MaxText, 1<<20),
		})
		return err
	})
	group.Go(func() error {
		version, err := proc.Version(groupCtx, pdftohtml, "-v")
		found.engine = strings.TrimSpace(pdftohtml + " " + version)
		return err
	})
	if err := group.Wait(); err != nil { // the first, which made the others stop
		return nil, err
	}
	if markup.full() {
		return nil, tooMuchText(p.config.MaxText, nil)
	}
	found.doc = markup.doc
	found.damaged = strings.Contains(info.Stderr+text.Stderr, "Syntax Error")
	return found, nil
}

// pictures lists the pictures of the pages.
func (p poppler) pictures(ctx context.Context, first, last int) (map[int]float64, error) {
	listed, err := p.run(ctx, proc.Cmd{Name: pdfimages, Args: []string{"-list", "-f", strconv.Itoa(first), "-l", strconv.Itoa(last)}})
	if err != nil {
		return nil, err
	}
	return parseImageList(string(listed.Stdout)), nil
}

// render draws a page in grey; the longer side of the picture is at most scanSide.
func (p poppler) render(ctx context.Context, page int, size pageSize, file string) error {
	number := strconv.Itoa(page)
	stem, found := strings.CutSuffix(file, ".png")
	if !found {
		return fmt.Errorf("render PDF page: %q is no PNG", file)
	}
	_, err := p.run(ctx, proc.Cmd{Name: pdftoppm, Args: []string{
		"-f", number, "-l", number, "-singlefile", "-gray", "-png", "-scale-to", strconv.Itoa(size.side()),
	}}, stem)
	return err
}

func (p poppler) close() {}

// run runs one of the programs on the file and makes the failures sentences.
func (p poppler) run(ctx context.Context, cmd proc.Cmd, after ...string) (proc.Result, error) {
	if p.password != "" {
		cmd.Args = append(cmd.Args, "-upw", p.password, "-opw", p.password)
	}
	cmd.Args = append(append(cmd.Args, p.file), after...)
	cmd.Timeout, cmd.MaxMemory = p.config.Timeout, p.config.MaxMemory
	if cmd.MaxStdout == 0 {
		cmd.MaxStdout = p.config.MaxText
	}
	result, err := proc.Run(ctx, cmd)
	if err == nil {
		return result, nil
	}
	switch {
	case ctx.Err() != nil:
		return result, ctx.Err()
	case errors.Is(err, proc.ErrNotFound):
		return result, convert.NoEngine(fmt.Sprintf("PDF files need the program %s: %s", cmd.Name, popplerRemedy))
	case errors.Is(err, proc.ErrTimeout):
		return result, tooSlow(p.config.Timeout, err)
	case errors.Is(err, proc.ErrOutput):
		return result, tooMuchText(p.config.MaxText, err)
	case strings.Contains(result.Stderr, "Incorrect password"):
		return result, locked(p.password, err)
	default:
		return result, unreadablePDF(err)
	}
}

// havePoppler tells whether its programs are here.
func havePoppler() bool {
	for _, name := range []string{pdftohtml, pdfinfo} {
		if _, err := proc.Find(name); err != nil {
			return false
		}
	}
	return true
}
