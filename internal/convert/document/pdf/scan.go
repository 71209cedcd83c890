package pdf

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/sync/errgroup"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/source"
	"morag/internal/convert/frame"
	"morag/internal/convert/layout"
)

const (
	// A page with fewer letters and digits than this may be a scan: it has a stamp or a
	// page number at most.
	fewLetters = 64
	// A picture is a scan when it takes this share of a page with few letters, ...
	scanShare = 0.4
	// ... or this of one without any.
	scanShareBlank = 0.1
	// scanGap is how many other pages may lie between pages that are looked at together.
	scanGap = 8
	// scanDPI is what letters of ordinary size are read best at.
	scanDPI = 300
	// scanSide is the most pixels of the longer side of a page's picture.
	scanSide = 6000

	pointsPerInch = 72
	// a page whose size is not known is taken for A4.
	a4Width, a4Height = 595.0, 842.0
)

// PictureReader reads the text in a picture, under the promises of [convert.Converter].
// The image converter is one.
type PictureReader interface {
	// Look makes a document of a picture, and tells what stands where on its one page, in
	// coordinates of its own.
	Look(ctx context.Context, src content.Source, opt convert.Options) (*content.Document, []layout.Page, error)
}

// pageSize is in points; 0 × 0 is not known.
type pageSize struct{ width, height float64 }

func (s pageSize) area() float64 {
	return cmp.Or(s.width, a4Width) * cmp.Or(s.height, a4Height)
}

// side is the longer side in the pixels that the page is drawn in.
func (s pageSize) side() int {
	longer := cmp.Or(max(s.width, s.height), a4Height)
	return min(max(int(math.Round(longer*scanDPI/pointsPerInch)), 64), scanSide)
}

func (t *pdfText) size(page int) pageSize {
	return pageSize{t.doc.Pages[page].Width, t.doc.Pages[page].Height}
}

// scan is a page that is read by OCR.
type scan struct {
	page   int  // from 0
	coded  bool // it is read since its own text is none
	doc    *content.Document
	layout []layout.Page // one, or none
	err    error
}

// readScans finds the pages that are pictures and puts the text that OCR finds in their
// place. It fails with [convert.ErrNoEngine] when there is nothing else in the PDF and
// nothing here that reads it; otherwise what could not be read is a warning.
func (c *Reader) readScans(ctx context.Context, engine engine, text *pdfText, coded []int, src source.File, doc *content.Document) error {
	if c.config.Pictures == nil {
		warnCoded(coded, doc)
		return nil
	}
	scans, err := findScans(ctx, engine, text)
	for _, page := range coded {
		scans = append(scans, &scan{page: page, coded: true})
	}
	if err != nil || len(scans) == 0 {
		return err
	}
	if err := c.ocr(ctx, engine, text, scans, src); err != nil {
		return err
	}
	var failed []*scan
	var unread []int
	for _, s := range scans {
		if s.err != nil && s.coded {
			unread = append(unread, s.page)
			continue
		}
		if s.err != nil {
			failed = append(failed, s)
			continue
		}
		s.put(&text.doc.Pages[s.page])
	}
	if len(failed) > 0 {
		if err := scanFailure(failed, len(failed) == len(text.doc.Pages), doc); err != nil {
			return err
		}
	}
	warnCoded(unread, doc)
	describeScans(scans, doc)
	return nil
}

// warnCoded tells of pages whose text is the codes of a font.
func warnCoded(pages []int, doc *content.Document) {
	if len(pages) == 0 {
		return
	}
	where := fmt.Sprintf("on page %d", pages[0]+1)
	if len(pages) > 1 {
		where = fmt.Sprintf("on %d pages from page %d on", len(pages), pages[0]+1)
	}
	doc.Warnings = append(doc.Warnings, "a font of the PDF does not tell which characters its codes are: the text "+where+" may be wrong")
}

// findScans looks for pictures on the pages that have hardly any text. When no page has
// any, and no picture either, the letters may be drawn: all of them are read.
func findScans(ctx context.Context, engine engine, text *pdfText) ([]*scan, error) {
	var scans []*scan
	var blank []*scan
	letters := make([]int, len(text.doc.Pages))
	for i := range text.doc.Pages {
		if letters[i] = countLetters(ownText(&text.doc.Pages[i])); letters[i] == 0 {
			blank = append(blank, &scan{page: i})
		}
	}
	few := func(i int) bool { return letters[i] < fewLetters }
	for first := 0; first < len(letters); first++ {
		if !few(first) {
			continue
		}
		last := first
		for next := first + 1; next < len(letters) && next <= last+scanGap; next++ {
			if few(next) {
				last = next
			}
		}
		areas, err := engine.pictures(ctx, first+1, last+1)
		if err != nil {
			return nil, err
		}
		for i := first; i <= last; i++ {
			share := areas[i+1] / text.size(i).area()
			if few(i) && share >= scanShare || letters[i] == 0 && share >= scanShareBlank {
				scans = append(scans, &scan{page: i})
			}
		}
		first = last
	}
	if len(scans) == 0 && len(blank) == len(letters) {
		return blank, nil
	}
	return scans, nil
}

// ocr reads the scans, as many at a time as there are threads. A page's failure is kept
// with it; a missing engine ends the work, for no other page would fare better.
func (c *Reader) ocr(ctx context.Context, engine engine, text *pdfText, scans []*scan, src source.File) error {
	folder, err := frame.Scratch(c.config.ScratchDir, "pdf")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	bounded, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()

	var mu sync.Mutex
	done := 0
	var missing error
	group, groupCtx := errgroup.WithContext(bounded)
	group.SetLimit(c.config.Threads)
	for _, s := range scans {
		group.Go(func() error {
			file := filepath.Join(folder, strconv.Itoa(s.page+1)+".png")
			s.err = c.readScan(groupCtx, engine, s, text.size(s.page), file, src.Options.Language)
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(s.err, convert.ErrNoEngine) {
				missing = s.err
				return s.err
			}
			done++
			src.Progress(0.2+0.79*float64(done)/float64(len(scans)), fmt.Sprintf("scanned page %d of %d read", done, len(scans)))
			return groupCtx.Err()
		})
	}
	err = group.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case missing != nil:
		for _, s := range scans {
			s.doc, s.err = nil, missing
		}
	case bounded.Err() != nil:
		return tooSlow(c.config.Timeout, bounded.Err())
	case err != nil:
		return err
	}
	return nil
}

// readScan draws a page and reads it.
func (c *Reader) readScan(ctx context.Context, engine engine, s *scan, size pageSize, file, language string) error {
	bounded, cancel := context.WithTimeout(ctx, c.config.PageTimeout)
	defer cancel()
	defer os.Remove(file)
	err := engine.render(bounded, s.page+1, size, file)
	if err == nil {
		src := content.Source{Path: file, Name: filepath.Base(file), Type: content.Image, MIME: "image/png"}
		s.doc, s.layout, err = c.config.Pictures.Look(bounded, src, convert.Options{Language: language})
	}
	if err != nil && ctx.Err() == nil && bounded.Err() != nil {
		return convert.BadSource(fmt.Sprintf("it took longer than %s", c.config.PageTimeout), err)
	}
	return err
}

// put places what was read on the page. The little text that a scan has of its own stays,
// unless it was read, too.
func (s *scan) put(page *layout.Page) {
	if len(s.layout) != 1 || s.doc.Metadata["vision_model"] != nil {
		if s.coded {
			page.Runs = nil
		}
		read := mergeScan(ownText(page), s.doc.Content)
		page.Ready = &read
		return
	}
	read := s.layout[0]
	scale := 1.0
	if long := max(read.Width, read.Height); long > 0 {
		scale = cmp.Or(max(page.Width, page.Height), a4Height) / long
	}
	if s.coded || strings.Contains(lettersOf(ownText(&read)), lettersOf(ownText(page))) {
		page.Runs = nil
	}
	for _, run := range read.Runs {
		run.Left, run.Top, run.Right, run.Bottom = scale*run.Left, scale*run.Top, scale*run.Right, scale*run.Bottom
		run.Size *= scale
		page.Runs = append(page.Runs, run)
	}
	page.Width, page.Height = scale*read.Width, scale*read.Height
}

// scanFailure is an error when nothing of the document was read, else a warning.
func scanFailure(failed []*scan, all bool, doc *content.Document) error {
	first := failed[0].err
	if all {
		return first
	}
	what := fmt.Sprintf("page %d is a scan", failed[0].page+1)
	if len(failed) > 1 {
		what = fmt.Sprintf("%d pages from page %d on are scans", len(failed), failed[0].page+1)
	}
	var sentence *convert.Error
	if !errors.As(first, &sentence) {
		return first
	}
	doc.Warnings = append(doc.Warnings, what+" and could not be read: "+sentence.Message)
	return nil
}

// describeScans adds to the metadata how many pages were read by what, and how well.
func describeScans(scans []*scan, doc *content.Document) {
	read, rated, sum := 0, 0, 0.0
	engine := ""
	for _, s := range scans {
		if s.err != nil {
			continue
		}
		read++
		engine, _ = s.doc.Metadata["engine"].(string)
		if confidence, ok := s.doc.Metadata["confidence"].(float64); ok {
			sum += confidence
			rated++
		}
	}
	if read == 0 {
		return
	}
	doc.Metadata["ocr_pages"] = read
	if engine != "" {
		doc.Metadata["engine"] = fmt.Sprintf("%v, %s", doc.Metadata["engine"], engine)
	}
	if rated > 0 {
		doc.Metadata["confidence"] = math.Round(100*sum/float64(rated)) / 100
	}
}

// ownText is what a page has for text, without its places.
func ownText(page *layout.Page) string {
	var b strings.Builder
	for _, run := range page.Runs {
		b.WriteString(strings.TrimSpace(run.Text))
		b.WriteByte(' ')
	}
	return strings.TrimSpace(b.String())
}

// mergeScan puts the little text that a scan has of its own before what was read,
// unless that holds it too.
func mergeScan(own, read string) string {
	switch {
	case strings.Contains(lettersOf(read), lettersOf(own)):
		return read
	case read == "":
		return own
	}
	return own + "\n\n" + read
}

// lettersOf leaves letters and digits.
func lettersOf(s string) string {
	return strings.Map(func(r rune) rune {
		if !isLetterOrDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func countLetters(s string) int {
	n := 0
	for _, r := range s {
		if isLetterOrDigit(r) {
			n++
		}
	}
	return n
}

// parseImageList reads pdfimages' table and sums up, by page, how large the pictures
// are there, in square points. Masks belong to a picture that is listed too.
func parseImageList(table string) map[int]float64 {
	areas := map[int]float64{}
	for line := range strings.SplitSeq(table, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 12 || !slices.Contains([]string{"image", "stencil"}, fields[2]) {
			continue
		}
		page, err := strconv.Atoi(fields[0])
		if err != nil {
			continue
		}
		xDPI, yDPI := number(fields[len(fields)-4]), number(fields[len(fields)-3])
		if xDPI <= 0 || yDPI <= 0 {
			continue
		}
		areas[page] += number(fields[3]) / xDPI * pointsPerInch * number(fields[4]) / yDPI * pointsPerInch
	}
	return areas
}
