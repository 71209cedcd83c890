// Package archive reads documents that are zip archives of parts, within limits. Nothing is
// unpacked to disk, and the names inside an archive are only ever looked up, never used as
// paths.
package archive

import (
	"archive/zip"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"morag/internal/convert"
	"morag/internal/convert/document/source"
)

// Limits bound what one archive may cost. The zero value means the defaults.
type Limits struct {
	// MaxPart is the most bytes of a part that is read into memory (64 MiB).
	MaxPart int64
	// MaxTotal is the most uncompressed bytes that are read in all (512 MiB).
	MaxTotal int64
	// MaxRatio is how many times its compressed size a part of more than 8 MiB may
	// have (400); deflate itself ends at 1032.
	MaxRatio int64
	// MaxDirectory is the largest table of contents in bytes, which is held in memory
	// (8 MiB).
	MaxDirectory int64
}

func (l Limits) withDefaults() Limits {
	return Limits{
		MaxPart:      cmp.Or(l.MaxPart, 64<<20),
		MaxTotal:     cmp.Or(l.MaxTotal, 512<<20),
		MaxRatio:     cmp.Or(l.MaxRatio, 400),
		MaxDirectory: cmp.Or(l.MaxDirectory, 8<<20),
	}
}

const (
	// openingCost is what opening a part costs of MaxTotal at least, so that many tiny
	// parts cannot take long either.
	openingCost = 4 << 10
	// ratioFrom is the size in bytes from which MaxRatio is looked at.
	ratioFrom = 8 << 20
	// endOfDirectory is read besides the table of contents, in bytes.
	endOfDirectory = 1 << 17
)

var (
	// ErrNoPart: the archive has no such part.
	ErrNoPart = errors.New("no such part")
	// ErrDamaged: a part cannot be unpacked.
	ErrDamaged = errors.New("damaged part")
)

// Archive is an open file. It is not safe for concurrent use.
type Archive struct {
	below  *below
	parts  map[string]*zip.File // by exact name, and by key where that is free
	names  []string             // of the parts that are files, in the order of the archive
	limits Limits
	left   int64 // what may still be read, uncompressed
	// What the parts say they have, uncompressed.
	declared int64
	file     *os.File
}

// Open opens the archive in the first size bytes of r. noun is what the file should be, as
// messages name it: "an EPUB book". Errors that are not this machine's own wrap
// [convert.ErrBadSource].
func Open(r io.ReaderAt, size int64, noun string, limits Limits) (*Archive, error) {
	limits = limits.withDefaults()
	src := &below{r: r, left: limits.MaxDirectory + endOfDirectory}
	z, err := zip.NewReader(src, size)
	if err != nil {
		return nil, src.explain(err, noun)
	}
	src.left = math.MaxInt64
	a := &Archive{below: src, parts: make(map[string]*zip.File, len(z.File)), limits: limits, left: limits.MaxTotal}
	seen := map[string]bool{}
	for _, file := range z.File {
		if !strings.HasSuffix(file.Name, "/") && !seen[file.Name] {
			seen[file.Name] = true
			a.names = append(a.names, file.Name)
		}
		a.declared += int64(min(file.UncompressedSize64, math.MaxInt64-uint64(a.declared)))
	}
	for _, name := range []func(string) string{func(name string) string { return name }, key} {
		for _, file := range z.File {
			if _, taken := a.parts[name(file.Name)]; !taken {
				a.parts[name(file.Name)] = file
			}
		}
	}
	return a, nil
}

// OpenFile opens the archive that a document is; it is to be closed.
func OpenFile(src source.File, noun string) (*Archive, error) {
	file, err := os.Open(src.Path)
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("read document: %w", err)
	}
	a, err := Open(file, info.Size(), noun, Limits{MaxPart: src.Limits.MaxFile, MaxTotal: src.Limits.MaxUnpacked})
	if err != nil {
		file.Close()
		return nil, err
	}
	a.file = file
	return a, nil
}

// Close closes what [OpenFile] has opened.
func (a *Archive) Close() error { return a.file.Close() }

// Names lists the parts that are files, in the order of the archive, each once.
func (a *Archive) Names() []string { return a.names }

// Declared is how many bytes all parts have uncompressed, as they say: none has more.
func (a *Archive) Declared() int64 { return a.declared }

// MaxPart is the most bytes of a part that is read into memory.
func (a *Archive) MaxPart() int64 { return a.limits.MaxPart }

// key is the form of a name that is compared when no part has the very name: Office takes
// no notice of case, and some programs write other slashes.
func key(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

func (a *Archive) find(name string) *zip.File {
	if file := a.parts[name]; file != nil {
		return file
	}
	return a.parts[key(name)]
}

// Has tells whether there is such a part.
func (a *Archive) Has(name string) bool { return a.find(name) != nil }

// Read returns a part, nil when there is none.
func (a *Archive) Read(name string) ([]byte, error) {
	part, err := a.Open(name, a.limits.MaxPart)
	if errors.Is(err, ErrNoPart) {
		return nil, nil
	}
	var raw []byte
	if err == nil {
		defer part.Close()
		raw, err = io.ReadAll(part)
	}
	var told *convert.Error
	switch {
	case err == nil:
		return raw, nil
	case errors.As(err, &told):
		return nil, err
	}
	if err = a.Damage(name, err); errors.Is(err, ErrDamaged) {
		err = convert.BadSource("the file is damaged: a part of it cannot be unpacked", err)
	}
	return nil, err
}

// Damage wraps what made a part unreadable in [ErrDamaged], unless this machine's disk did.
func (a *Archive) Damage(name string, err error) error {
	switch {
	case a.below.failed != nil:
		return fmt.Errorf("read document: %w", a.below.failed)
	case errors.Is(err, ErrDamaged):
		return err
	}
	return fmt.Errorf("%w %q: %w", ErrDamaged, name, err)
}
