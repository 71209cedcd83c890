// Package legacy reads compound files: the formats that Office wrote before 2007 (doc, xls, ppt)
// by LibreOffice, which makes files of today of them, messages of Outlook by mail, and
// encrypted files by office.
package legacy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/document/compound"
	"morag/internal/convert/document/mail"
	"morag/internal/convert/document/office"
	"morag/internal/convert/document/source"
	"morag/internal/convert/frame"
)

// outlook is the MIME type of messages.
const outlook = "application/vnd.ms-outlook"

// Config is what compound files need besides their limits.
type Config struct {
	// ScratchDir is where LibreOffice works, "" for the system's folder.
	ScratchDir string
	// Program is LibreOffice's, "" for "soffice".
	Program string
	// Office reads what becomes of them.
	Office *office.Reader
}

// Reader reads compound files.
type Reader struct{ config Config }

// New makes a reader. It needs nothing until it reads.
func New(config Config) *Reader {
	config.Program = cmp.Or(config.Program, name)
	return &Reader{config}
}

// format is one of Office's old ones.
type format struct {
	noun, streams  string
	old, extension string // of names, then and now
	read           func(*office.Reader, context.Context, source.File) (*content.Document, error)
}

var formats = []format{
	{"the old Word format (doc)", "WordDocument", "doc", "docx", (*office.Reader).Docx},
	{"the old Excel format (xls)", "Workbook", "xls", "xlsx", (*office.Reader).Xlsx},
	{"the old Excel format (xls)", "Book", "xls", "xlsx", (*office.Reader).Xlsx}, // of before 1997
	{"the old PowerPoint format (ppt)", "PowerPoint Document", "ppt", "pptx", (*office.Reader).Pptx},
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
	for _, f := range formats {
		if streams.Has(f.streams) {
			return r.old(ctx, src, f)
		}
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

// old has LibreOffice write the document in the format of today, and reads that.
func (r *Reader) old(ctx context.Context, src source.File, f format) (*content.Document, error) {
	dir, err := frame.Scratch(r.config.ScratchDir, "document")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	made := src
	made.Path = filepath.Join(dir, "out", "source."+f.extension)
	if err := (run{program: r.config.Program, dir: dir, made: made.Path}).modernize(ctx, src, f); err != nil {
		return nil, err
	}
	if _, err := os.Stat(made.Path); err != nil {
		return nil, convert.BadSource("the document is damaged or protected by a password: LibreOffice cannot read it", err)
	}
	doc, err := f.read(r.config.Office, ctx, made)
	if err != nil {
		return nil, err
	}
	doc.Metadata["engine"] = "libreoffice"
	return doc, nil
}
