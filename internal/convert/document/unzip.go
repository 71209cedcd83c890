package document

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"morag/internal/convert"
)

const (
	// maxDirectory is the largest table of contents of an archive in bytes.
	maxDirectory = 8 << 20
	// openingCost is what opening a part costs of the limit at least, so that many
	// tiny parts cannot take long either.
	openingCost = 4 << 10
)

// bundle is a document that is a zip archive of parts. Its parts are read within limits
// and never unpacked to disk; their names are only looked up.
type bundle struct {
	file  *os.File
	noun  string // what the file should be, as messages name it
	parts map[string]*zip.File
	part  int64 // the most bytes of one part
	total int64 // the most bytes that are read in all
	left  int64
}

// openBundle opens an archive; noun is as in "an EPUB book".
func (c *Converter) openBundle(path, noun string) (*bundle, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	b := &bundle{file: f, noun: noun, parts: map[string]*zip.File{}, part: c.config.MaxFile, total: c.config.MaxUnpacked, left: c.config.MaxUnpacked}
	if err := b.open(); err != nil {
		f.Close()
		return nil, err
	}
	return b, nil
}

func (b *bundle) open() error {
	info, err := b.file.Stat()
	if err != nil {
		return fmt.Errorf("read document: %w", err)
	}
	source := &directoryReader{r: b.file, left: maxDirectory + 1<<17}
	z, err := zip.NewReader(source, info.Size())
	switch {
	case errors.Is(err, errDirectory):
		return convert.BadSource("the file has too many parts to be "+b.noun, err)
	case err != nil:
		head := make([]byte, 4)
		if _, _ = b.file.ReadAt(head, 0); string(head) == "PK\x03\x04" {
			return convert.BadSource("the file is truncated or damaged: its table of contents at the end is missing", err)
		}
		return convert.BadSource("the file is not "+b.noun, err)
	}
	source.left = math.MaxInt64
	for _, part := range z.File {
		if _, taken := b.parts[part.Name]; !taken {
			b.parts[part.Name] = part
		}
	}
	return nil
}

func (b *bundle) Close() error { return b.file.Close() }

// read returns a part, nil when there is none.
func (b *bundle) read(name string) ([]byte, error) {
	part := b.parts[name]
	if part == nil {
		return nil, nil
	}
	if part.Flags&1 != 0 {
		return nil, convert.BadSource("the document is encrypted; save it without a password", nil)
	}
	r, err := part.Open()
	if err != nil {
		return nil, b.damaged(err)
	}
	defer r.Close()
	limit := min(b.part, b.left)
	raw, err := io.ReadAll(io.LimitReader(r, limit+1))
	b.left -= int64(len(raw)) + openingCost
	switch {
	case int64(len(raw)) > b.part:
		return nil, convert.BadSource(fmt.Sprintf("a part of the document is larger than %d MiB", b.part>>20), nil)
	case b.left < 0:
		return nil, convert.BadSource(fmt.Sprintf("the document is larger than %d MiB when unpacked", b.total>>20), nil)
	case err != nil:
		return nil, b.damaged(err)
	}
	return raw, nil
}

func (b *bundle) damaged(err error) error {
	var trouble *os.PathError
	if errors.As(err, &trouble) {
		return fmt.Errorf("read document: %w", err)
	}
	return convert.BadSource("the file is damaged: a part of it cannot be unpacked", err)
}

var errDirectory = errors.New("the table of contents is too large")

// directoryReader bounds what opening an archive may read: its table of contents is held
// in memory.
type directoryReader struct {
	r    io.ReaderAt
	left int64
}

func (d *directoryReader) ReadAt(p []byte, offset int64) (int, error) {
	if d.left -= int64(len(p)); d.left < 0 {
		return 0, errDirectory
	}
	if offset < 0 { // which a false table of contents can lead to
		return 0, io.ErrUnexpectedEOF
	}
	return d.r.ReadAt(p, offset)
}
