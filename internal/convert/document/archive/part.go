package archive

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"math"

	"morag/internal/convert"
)

// Part is the content of one part as a reader that keeps to the limits. Going beyond one
// is an error that wraps [convert.ErrBadSource]; any other is for [Archive.Damage].
type Part struct {
	archive    *Archive
	body       io.ReadCloser
	compressed int64
	limit      int64
	read       int64
}

// Open opens a part of at most limit bytes, uncompressed. It wraps [ErrNoPart] when there
// is no such part and [ErrDamaged] when that cannot be unpacked.
func (a *Archive) Open(name string, limit int64) (*Part, error) {
	file := a.find(name)
	if file == nil {
		return nil, fmt.Errorf("%w: %q", ErrNoPart, name)
	}
	if file.Flags&1 != 0 {
		return nil, convert.BadSource("the document is encrypted; save it without a password", nil)
	}
	body, err := file.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return nil, convert.BadSource("the file is compressed in a way that documents are not", err)
	}
	if err != nil {
		return nil, a.Damage(name, err)
	}
	a.left -= openingCost
	return &Part{archive: a, body: body, limit: limit, compressed: int64(min(file.CompressedSize64, math.MaxInt64))}, nil
}

// Close gives back what the part holds.
func (p *Part) Close() error { return p.body.Close() }

// Offset is how many bytes have been read.
func (p *Part) Offset() int64 { return p.read }

func (p *Part) Read(b []byte) (int, error) {
	limits := p.archive.limits
	n, err := p.body.Read(b)
	p.read += int64(n)
	p.archive.left -= int64(n)
	switch {
	case p.read > p.limit:
		return 0, convert.BadSource(fmt.Sprintf("a part of the document is larger than %d bytes", p.limit), nil)
	case p.archive.left < 0:
		return 0, convert.BadSource(fmt.Sprintf("the document is larger than %d bytes when unpacked (MORAG_MAX_EXTRACTED_SIZE)", limits.MaxTotal), nil)
	case p.read > ratioFrom && p.read/max(p.compressed, 1) > limits.MaxRatio:
		return 0, convert.BadSource(fmt.Sprintf("a part of the document unpacks to more than %d times its size", limits.MaxRatio), nil)
	}
	return n, err
}
