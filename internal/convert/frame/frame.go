// Package frame is what all converters do around their own work: the look at the source,
// the deadline, the order of progress, the error of a context that has ended, and the
// scratch folder.
package frame

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/proc"
)

// Frame is the same for all conversions of one converter.
type Frame struct {
	Noun  string // the source in sentences: "the recording"
	Begin string // the first words of the progress
	Done  string // the last words of the progress

	// Timeout is how long one conversion may take; 0 leaves that to its engines. One that
	// takes longer is a bad source.
	Timeout time.Duration
}

// Work is the converter's own part. Its progress is never nil, may be called from any
// goroutine, and is passed on so that it never goes back. The document's metadata may be
// nil.
type Work func(ctx context.Context, progress convert.Progress) (*content.Document, error)

// Run runs work within the promises of [convert.Converter]: progress goes from 0 to 1, and
// the error is ctx's when ctx has ended, whatever work said. What has no text is in no
// language, whichever was looked for.
func (f Frame) Run(ctx context.Context, progress convert.Progress, work Work) (*content.Document, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	forward := forwards(progress)
	forward(0, f.Begin)
	bounded, cancel := ctx, func() {}
	if f.Timeout > 0 {
		bounded, cancel = context.WithTimeout(ctx, f.Timeout)
	}
	defer cancel()
	doc, err := work(bounded, forward)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil && errors.Is(bounded.Err(), context.DeadlineExceeded):
		return nil, convert.BadSource(fmt.Sprintf("%s took longer than %s to read", f.Noun, f.Timeout), proc.ErrTimeout)
	case err != nil:
		return nil, err
	}
	if doc.Metadata == nil {
		doc.Metadata = map[string]any{}
	}
	if len(doc.Segments) == 0 && strings.TrimSpace(doc.Content) == "" {
		delete(doc.Metadata, "language")
	}
	forward(1, f.Done)
	return doc, nil
}

// RunFile is [Frame.Run] for a source that is a file of its own. It refuses an empty one,
// and tells the size and, when it is known, the MIME type in the metadata.
func (f Frame) RunFile(ctx context.Context, src content.Source, progress convert.Progress, work Work) (*content.Document, error) {
	return f.Run(ctx, progress, func(ctx context.Context, progress convert.Progress) (*content.Document, error) {
		info, err := os.Stat(src.Path)
		if err != nil {
			return nil, fmt.Errorf("look at %s: %w", f.Noun, err)
		}
		if info.Size() == 0 {
			return nil, convert.BadSource(f.Noun+" is empty", nil)
		}
		doc, err := work(ctx, progress)
		if err != nil {
			return nil, err
		}
		if doc.Metadata == nil {
			doc.Metadata = map[string]any{}
		}
		doc.Metadata["file_size"] = info.Size()
		if src.MIME != "" {
			doc.Metadata["mime_type"] = src.MIME
		}
		return doc, nil
	})
}

// Scratch makes a folder for the files of one conversion in parent, which is made too and
// may be "" for the system's folder for temporary files. The path is absolute. Who asked
// for the folder removes it.
func Scratch(parent, converter string) (string, error) {
	if parent != "" {
		if err := os.MkdirAll(parent, 0o700); err != nil {
			return "", fmt.Errorf("make scratch folder: %w", err)
		}
	}
	dir, err := os.MkdirTemp(parent, "morag-"+converter+"-")
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return "", fmt.Errorf("make scratch folder: %w", err)
	}
	return dir, nil
}
