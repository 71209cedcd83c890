// Package legacy tells compound files apart: messages of Outlook, which mail reads, encrypted
// files, which office opens, and the formats that Office wrote before 2007 (doc, xls, ppt),
// which have to be saved in those of today.
package legacy

import (
	"context"
	"errors"
	"fmt"
	"os"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/compound"
	"morag/internal/convert/document/mail"
	"morag/internal/convert/document/office"
	"morag/internal/convert/document/source"
)

// outlook is the MIME type of messages.
const outlook = "application/vnd.ms-outlook"

// Config is what compound files need besides their limits.
type Config struct {
	// Office opens encrypted files, and says what others are.
	Office *office.Reader
}

// Reader reads compound files.
type Reader struct{ config Config }

// New makes a reader. It needs nothing until it reads.
func New(config Config) *Reader {
	return &Reader{config}
}

// Read makes Markdown of a compound file, which its streams tell apart.
func (r *Reader) Read(ctx context.Context, src source.File) (*content.Document, error) {
	streams, err := open(src)
	switch {
	case errors.Is(err, compound.ErrDamaged) && src.MIME == outlook:
		return mail.Outlook(ctx, src)
	case errors.Is(err, compound.ErrDamaged):
		doc, err := r.config.Office.Compound(ctx, src) // which says best what it may be
		if errors.Is(err, convert.ErrUnsupported) {
			err = convert.BadSource("the old Office file is damaged or cut off", err)
		}
		return doc, err
	case err != nil:
		return nil, err
	case streams.Has("EncryptedPackage"):
		return r.config.Office.Compound(ctx, src)
	case mail.IsOutlook(streams):
		return mail.Outlook(ctx, src)
	}
	return r.config.Office.Compound(ctx, src)
}

// open reads what streams there are.
func open(src source.File) (*compound.Storage, error) {
	file, err := os.Open(src.Path)
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	f, err := compound.Open(file, info.Size())
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	return f.Root, nil
}
