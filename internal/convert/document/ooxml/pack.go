package ooxml

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"

	"morag/internal/convert"
	"morag/internal/convert/document/archive"
	"morag/internal/convert/document/omission"
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

// isDamage tells whether a part could not be understood; other errors, such as a
// limit or the end of the context, are final for the whole file.
func isDamage(err error) bool {
	return errors.Is(err, archive.ErrDamaged) || errors.Is(err, archive.ErrNoPart)
}

// pack is an open file.
type pack struct {
	*archive.Archive
	format format
	limits Limits
	spent  int64 // bytes of text so far
	main   string

	omitted omission.Counts
	drawn   map[string]bool // the charts and diagrams that were read, by their parts
}

// openPack opens the file and finds its main part.
func openPack(ctx context.Context, r io.ReaderAt, size int64, f format, limits Limits) (*pack, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := checkCompound(r, size, f); err != nil {
		return nil, err
	}
	opened, err := archive.Open(r, size, f.noun, archive.Limits{MaxTotal: limits.MaxTotal, MaxRatio: limits.MaxRatio, MaxDirectory: limits.MaxDirectory})
	if err != nil {
		return nil, err
	}
	a := &pack{Archive: opened, format: f, limits: limits}
	return a, a.findMain(ctx)
}

// findMain follows the relationship of the whole file, as the format demands, and
// takes the usual name when there is none.
func (a *pack) findMain(ctx context.Context) error {
	relations, err := a.relations(ctx, "")
	if err != nil && !isDamage(err) {
		return err
	}
	a.main = a.format.part
	for _, r := range relations {
		if r.kind == "officeDocument" && !r.external && a.Has(r.target) {
			a.main = r.target
		}
	}
	if a.Has(a.main) && path.Ext(a.main) == ".xml" {
		return nil
	}
	for _, other := range []format{word, powerPoint, excel} {
		if other.part != a.format.part && a.Has(other.part) {
			return a.isOther(other)
		}
	}
	return convert.BadSource(fmt.Sprintf("the file is a zip archive but not %s: it has no %s", a.format.noun, a.format.part), nil)
}

func (a *pack) isOther(other format) error {
	return convert.BadSource(fmt.Sprintf("the file is %s and not %s", other.noun, a.format.noun), nil)
}

// spend takes n bytes of [Limits.MaxText]. Whatever goes into the result is paid for
// before it is kept.
func (a *pack) spend(n int) error {
	a.spent += int64(n)
	if a.spent > a.limits.MaxText {
		return convert.BadSource(fmt.Sprintf("the document has more than %d bytes of text", a.limits.MaxText), nil)
	}
	return nil
}

// part is the content of one part as a reader that keeps to the limits.
type part struct {
	*archive.Part
	pack  *pack
	token int64 // where the present token began
}

// open fails with [archive.ErrNoPart] when there is no such part.
func (a *pack) open(name string, limit int64) (*part, error) {
	opened, err := a.Open(name, limit)
	if err != nil {
		return nil, err
	}
	return &part{Part: opened, pack: a}, nil
}

func (p *part) Read(b []byte) (int, error) {
	n, err := p.Part.Read(b)
	if p.Offset()-p.token > p.pack.limits.MaxToken+int64(len(b)) {
		return 0, convert.BadSource(fmt.Sprintf("a tag or a text without a break in the document is longer than %d bytes", p.pack.limits.MaxToken), nil)
	}
	return n, err
}
