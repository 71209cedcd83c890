// Package piece cuts long sources into pieces, each a file that can be converted by itself.
// It is a converter, so that it does its work within the same walls, but one that nobody can
// ask for by a content type.
package piece

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/frame"
)

// Recordings cuts those: the audio converter does.
type Recordings interface {
	Cut(ctx context.Context, src content.Source, language string, atLeast, length time.Duration, folder string, progress convert.Progress) (content.Cutting, error)
	Engines(ctx context.Context) []convert.Engine
}

// Papers cuts PDF files: their reader does.
type Papers interface {
	Cut(ctx context.Context, path string, pages int, folder string) (content.Cutting, error)
}

// Config says what is cut, and how.
type Config struct {
	ScratchDir string // "" for the system's folder for temporary files
	Recordings Recordings
	Papers     Papers
	// Pages is the most that a piece of a PDF has.
	Pages int
	// After is the length from which a recording is cut, Length that of its pieces.
	After, Length time.Duration
}

// Converter cuts sources. It is safe for concurrent use.
type Converter struct{ Config }

var _ convert.Converter = (*Converter)(nil)

// New makes one.
func New(c Config) *Converter { return &Converter{c} }

// Name implements [convert.Converter].
func (c *Converter) Name() string { return "pieces" }

// Types implements [convert.Converter].
func (c *Converter) Types() []string { return []string{content.Pieces} }

// Engines implements [convert.Converter].
func (c *Converter) Engines(ctx context.Context) []convert.Engine { return c.Recordings.Engines(ctx) }

var around = frame.Frame{Noun: "the source", Begin: "cutting", Done: "cut"}

// Convert makes a document whose content is a [content.Cutting] as JSON. Its folder is in
// ScratchDir, and stays there: whoever asked takes the pieces by [Take].
func (c *Converter) Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	return around.Run(ctx, progress, func(ctx context.Context, progress convert.Progress) (*content.Document, error) {
		folder, err := frame.Scratch(c.ScratchDir, "pieces")
		if err != nil {
			return nil, err
		}
		var cutting content.Cutting
		if src.MIME == content.PDF {
			cutting, err = c.Papers.Cut(ctx, src.Path, c.Pages, folder)
		} else {
			cutting, err = c.Recordings.Cut(ctx, src, opt.Language, c.After, c.Length, folder, progress)
		}
		if err != nil || len(cutting.Pieces) == 0 {
			_ = os.RemoveAll(folder)
		}
		if err != nil {
			return nil, err
		}
		raw, err := json.Marshal(cutting)
		return &content.Document{Content: string(raw)}, err
	})
}

// Taker is handed the pieces one after the other; it reads each to its end.
type Taker = func(p content.Piece, file io.Reader) error

// Take hands on the pieces of a document that [Converter.Convert] has made below root, and
// removes their folder. What is there is not trusted: a process made it that has read foreign
// bytes.
func Take(doc *content.Document, root *os.Root, take Taker) (content.Cutting, error) {
	var cutting content.Cutting
	if err := json.Unmarshal([]byte(doc.Content), &cutting); err != nil {
		return cutting, fmt.Errorf("pieces: %w", err)
	}
	if len(cutting.Pieces) == 0 {
		return cutting, nil
	}
	folder, err := filepath.Rel(root.Name(), cutting.Folder)
	if err != nil || !filepath.IsLocal(folder) || folder == "." {
		return cutting, fmt.Errorf("pieces: the folder %q is not in %q", cutting.Folder, root.Name())
	}
	defer root.RemoveAll(folder)
	for _, p := range cutting.Pieces {
		if err := takeOne(root, filepath.Join(folder, filepath.Base(p.File)), p, take); err != nil {
			return cutting, err
		}
	}
	return cutting, nil
}

func takeOne(root *os.Root, path string, p content.Piece, take Taker) error {
	// A pipe would never be opened.
	f, err := root.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("pieces: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("pieces: %w", err)
	}
	if !info.Mode().IsRegular() || p.Offset < 0 || p.Size <= 0 || p.Offset > info.Size()-p.Size {
		return fmt.Errorf("pieces: %q does not hold %d bytes from %d: %w", p.File, p.Size, p.Offset, fs.ErrInvalid)
	}
	return take(p, io.MultiReader(bytes.NewReader(p.Head), io.NewSectionReader(f, p.Offset, p.Size)))
}
