// Package source is what every reader of documents is given: the file, the caller's wishes
// and the limits.
package source

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
)

// File is one document that is to be read.
type File struct {
	content.Source
	Options  convert.Options
	Limits   Limits
	Progress convert.Progress // never nil
}

// Limits bound what one document may cost.
type Limits struct {
	MaxText     int64         // bytes of text that come out
	MaxFile     int64         // bytes that are in memory as a whole, a file or a part of one
	MaxUnpacked int64         // bytes that are read of an archive, uncompressed, in all
	MaxMemory   int64         // address space of an engine, on Linux
	Timeout     time.Duration // of an engine
}

// Reader makes a document of files of some formats. Its metadata is never nil. Errors are
// those of [convert.Converter].
type Reader func(ctx context.Context, src File) (*content.Document, error)

// Bytes reads the whole file, which may have MaxFile bytes.
func (f File) Bytes(ctx context.Context) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, f.Limits.MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	if int64(len(raw)) > f.Limits.MaxFile {
		return nil, convert.BadSource(fmt.Sprintf("the document is larger than %d MiB", f.Limits.MaxFile>>20), nil)
	}
	return raw, nil
}
