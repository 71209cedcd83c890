// Package ooxml makes Markdown of Word documents (docx), PowerPoint presentations (pptx)
// and Excel workbooks (xlsx). It reads the parts of the file as a stream of XML tokens,
// straight from the archive: nothing is unpacked, no part is held as a tree, and the
// names inside the archive are only ever looked up, never used as paths.
//
// The way of a text: archive.go opens a part, scan.go walks its elements, docx and
// pptx files turn them into blocks, span.go and escape.go write the text of a block,
// markdown.go puts the blocks together. The cells of a workbook go from sheet.go, with
// numberformat.go, straight into a table.
package ooxml

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"morag/internal/content"
	"morag/internal/convert"
)

// Limits bound what a file may cost. The zero value means the defaults.
type Limits struct {
	// MaxPart is the most uncompressed bytes of one part of the file (128 MiB). Parts
	// that are held in memory, such as the styles, may have an eighth of it.
	MaxPart int64
	// MaxTotal is the most uncompressed bytes that are read in all (512 MiB).
	MaxTotal int64
	// MaxRatio is how many times its compressed size a part of more than 8 MiB may
	// have (400); deflate itself ends at 1032.
	MaxRatio int64
	// MaxDirectory is the largest table of contents of the archive in bytes (8 MiB).
	MaxDirectory int64
	// MaxToken is the most bytes of one tag or one stretch of text (4 MiB).
	MaxToken int64
	// MaxDepth is how deep elements may nest (256).
	MaxDepth int
	// MaxText is the most bytes of text that come out, Markdown's own marks not
	// counted (64 MiB).
	MaxText int64
}

func (l Limits) withDefaults() Limits {
	return Limits{
		MaxPart:      cmp.Or(l.MaxPart, 128<<20),
		MaxTotal:     cmp.Or(l.MaxTotal, 512<<20),
		MaxRatio:     cmp.Or(l.MaxRatio, 400),
		MaxDirectory: cmp.Or(l.MaxDirectory, 8<<20),
		MaxToken:     cmp.Or(l.MaxToken, 4<<20),
		MaxDepth:     cmp.Or(l.MaxDepth, 256),
		MaxText:      cmp.Or(l.MaxText, 64<<20),
	}
}

// engine is what the metadata names.
const engine = "ooxml"

// Docx makes Markdown of the Word document in the first size bytes of r. Memory grows
// with the text, time with the size of what is read, both within limits.
//
// Headers, footers, deletions and hidden text are left out and counted in the warnings; text boxes, charts,
// diagrams and the descriptions of pictures follow the paragraph they hang on, comments and notes stand at
// the end. [content.PageBreak] stands where
// Word last broke its pages, and only if these breaks agree with the number of pages
// that the file gives.
//
// Errors wrap [convert.ErrBadSource] for a file that is damaged, encrypted, over a limit
// or something else, [convert.ErrUnsupported] for the format before docx. When ctx ends
// it returns ctx's error.
func Docx(ctx context.Context, r io.ReaderAt, size int64, limits Limits) (*content.Document, error) {
	a, err := openPack(ctx, r, size, word, limits.withDefaults())
	if err != nil {
		return nil, err
	}
	doc, err := readDocx(ctx, a)
	return a.finish(doc, err)
}

// Pptx makes Markdown of the PowerPoint presentation in the first size bytes of r, a
// section and a page for each slide. Hidden slides leave an empty page, so that the
// numbers of the others stay right, and a warning. Limits and errors are those of
// [Docx].
func Pptx(ctx context.Context, r io.ReaderAt, size int64, limits Limits) (*content.Document, error) {
	a, err := openPack(ctx, r, size, powerPoint, limits.withDefaults())
	if err != nil {
		return nil, err
	}
	doc, err := readPptx(ctx, a)
	return a.finish(doc, err)
}

// finish warns of what was left out, and gives a damaged part the sentence for the person
// who sent it.
func (a *pack) finish(doc *content.Document, err error) (*content.Document, error) {
	if isDamage(err) {
		return nil, convert.BadSource("the document is damaged: its text cannot be read", err)
	}
	if err != nil {
		return nil, fmt.Errorf("convert document: %w", err)
	}
	doc.Warnings = append(doc.Warnings, a.omitted.Warnings()...)
	return doc, nil
}
