package ooxml

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"strings"

	"morag/internal/convert"
)

// format is one of the three kinds of file.
type format struct {
	noun string // as messages name it
	root string // the element that its main part consists of
	part string // where the main part is when nothing says so
}

var (
	word       = format{noun: "a Word document (docx)", root: "w:document", part: "word/document.xml"}
	powerPoint = format{noun: "a PowerPoint presentation (pptx)", root: "p:presentation", part: "ppt/presentation.xml"}
	excel      = format{noun: "an Excel workbook (xlsx)", root: "x:workbook", part: "xl/workbook.xml"}
)

// minCost is what opening a part costs of [Limits.MaxTotal] at least, so that many
// tiny parts cannot take long either.
const minCost = 4 << 10

// ratioFrom is the size in bytes from which [Limits.MaxRatio] is looked at.
const ratioFrom = 8 << 20

var (
	errNoPart  = errors.New("no such part")
	errDamaged = errors.New("damaged part")
)

// isDamage tells whether a part could not be understood; other errors, such as a
// limit or the end of the context, are final for the whole file.
func isDamage(err error) bool { return errors.Is(err, errDamaged) || errors.Is(err, errNoPart) }

// archive is an open file: the parts by name.
type archive struct {
	source *source
	files  map[string]*zip.File
	format format
	limits Limits
	left   int64 // what may still be read, uncompressed
	spent  int64 // bytes of text so far
	main   string
}

// openArchive opens the file and finds its main part.
func openArchive(ctx context.Context, r io.ReaderAt, size int64, f format, limits Limits) (*archive, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	src := &source{r: r, left: limits.MaxDirectory + 1<<17}
	z, err := zip.NewReader(src, size)
	if err != nil {
		return nil, src.explain(err, r, size, f)
	}
	src.left = math.MaxInt64
	a := &archive{source: src, files: make(map[string]*zip.File, len(z.File)), format: f, limits: limits, left: limits.MaxTotal}
	for _, file := range z.File {
		key := partKey(file.Name)
		if _, taken := a.files[key]; !taken {
			a.files[key] = file
		}
	}
	return a, a.findMain(ctx)
}

// findMain follows the relationship of the whole file, as the format demands, and
// takes the usual name when there is none.
func (a *archive) findMain(ctx context.Context) error {
	relations, err := a.relations(ctx, "")
	if err != nil && !isDamage(err) {
		return err
	}
	a.main = a.format.part
	for _, r := range relations {
		if r.kind == "officeDocument" && !r.external && a.has(r.target) {
			a.main = r.target
		}
	}
	if a.has(a.main) && path.Ext(a.main) == ".xml" {
		return nil
	}
	for _, other := range []format{word, powerPoint, excel} {
		if other.part != a.format.part && a.has(other.part) {
			return a.isOther(other)
		}
	}
	return convert.BadSource(fmt.Sprintf("the file is a zip archive but not %s: it has no %s", a.format.noun, a.format.part), nil)
}

func (a *archive) isOther(other format) error {
	return convert.BadSource(fmt.Sprintf("the file is %s and not %s", other.noun, a.format.noun), nil)
}

// partKey is the form of a part's name that is compared: the format takes no notice
// of case.
func partKey(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

func (a *archive) has(name string) bool { return a.files[partKey(name)] != nil }

// spend takes n bytes of [Limits.MaxText]. Whatever goes into the result is paid for
// before it is kept.
func (a *archive) spend(n int) error {
	a.spent += int64(n)
	if a.spent > a.limits.MaxText {
		return convert.BadSource(fmt.Sprintf("the document has more than %d bytes of text", a.limits.MaxText), nil)
	}
	return nil
}

// part is the content of one part as a reader that keeps to the limits.
type part struct {
	archive    *archive
	body       io.ReadCloser
	compressed int64
	limit      int64
	read       int64
	token      int64 // where the present token began
}

// open fails with errNoPart when there is no such part.
func (a *archive) open(name string, limit int64) (*part, error) {
	file := a.files[partKey(name)]
	if file == nil {
		return nil, fmt.Errorf("%w: %q", errNoPart, name)
	}
	if file.Flags&1 != 0 {
		return nil, convert.BadSource("the document is encrypted; save it without a password", nil)
	}
	body, err := file.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return nil, convert.BadSource("the file is compressed in a way that Office does not use", err)
	}
	if err != nil {
		return nil, a.damage(name, err)
	}
	a.left -= minCost
	return &part{archive: a, body: body, limit: limit, compressed: int64(min(file.CompressedSize64, math.MaxInt64))}, nil
}

// damage wraps what made a part unreadable, unless this machine's disk did.
func (a *archive) damage(name string, err error) error {
	if a.source.failed != nil {
		return fmt.Errorf("read document: %w", a.source.failed)
	}
	return fmt.Errorf("%w %q: %w", errDamaged, name, err)
}

func (p *part) Read(b []byte) (int, error) {
	limits := p.archive.limits
	n, err := p.body.Read(b)
	p.read += int64(n)
	p.archive.left -= int64(n)
	switch {
	case p.read > p.limit:
		return 0, convert.BadSource(fmt.Sprintf("a part of the document is larger than %d bytes", p.limit), nil)
	case p.archive.left < 0:
		return 0, convert.BadSource(fmt.Sprintf("the document is larger than %d bytes when unpacked", limits.MaxTotal), nil)
	case p.read > ratioFrom && p.read/max(p.compressed, 1) > limits.MaxRatio:
		return 0, convert.BadSource(fmt.Sprintf("a part of the document unpacks to more than %d times its size", limits.MaxRatio), nil)
	case p.read-p.token > limits.MaxToken+int64(len(b)):
		return 0, convert.BadSource(fmt.Sprintf("a tag or a text without a break in the document is longer than %d bytes", limits.MaxToken), nil)
	}
	return n, err
}

// source is the file underneath. It bounds what opening the archive may read and
// remembers trouble of this machine, which is not the fault of the file.
type source struct {
	r      io.ReaderAt
	left   int64
	failed error
}

var errDirectory = errors.New("the table of contents is too large")

func (s *source) ReadAt(b []byte, offset int64) (int, error) {
	if s.left -= int64(len(b)); s.left < 0 {
		return 0, errDirectory
	}
	if offset < 0 { // which a false table of contents can lead to
		return 0, io.ErrUnexpectedEOF
	}
	n, err := s.r.ReadAt(b, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		s.failed = err
	}
	return n, err
}

// explain says why a file is no archive that can be opened.
func (s *source) explain(err error, r io.ReaderAt, size int64, f format) error {
	if s.failed != nil {
		return fmt.Errorf("read document: %w", s.failed)
	}
	if errors.Is(err, errDirectory) {
		return convert.BadSource("the file has too many parts to be "+f.noun, err)
	}
	head := make([]byte, 8)
	if _, readErr := r.ReadAt(head[:min(size, 8)], 0); readErr != nil && !errors.Is(readErr, io.EOF) {
		return fmt.Errorf("read document: %w", readErr)
	}
	switch {
	case string(head) == compoundMagic:
		return explainCompound(r, size, f, err)
	case strings.HasPrefix(string(head), "PK"):
		return convert.BadSource("the file is truncated or damaged: its table of contents at the end is missing", err)
	}
	return convert.BadSource("the file is not "+f.noun, err)
}
