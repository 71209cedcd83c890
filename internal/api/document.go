package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"morag/internal/content"
	"morag/internal/document"
	"morag/internal/index"
	"morag/internal/library"
	"morag/internal/wire"
)

// document makes an answer of a document. It shows who sees everybody's also whose it is.
func (c *call) document(d *document.Document, err error) (out wire.Document, _ error) {
	if err != nil {
		return out, err
	}
	metadata := wire.Object(d.Metadata)
	if metadata == nil {
		metadata = wire.Object("{}")
	}
	out = wire.Document{
		DocumentID: d.ID, Version: d.Version, ContentType: d.ContentType, SourceName: wire.Text(d.SourceName), Origin: wire.Text(d.Origin), SourceRef: wire.Text(d.SourceRef), MIMEType: wire.Text(d.MIME),
		Checksum: d.Checksum, ProcessingMethod: d.ProcessingMethod, ChunkCount: d.ChunkCount, ContentLength: d.ContentLength,
		Metadata: metadata, TaskID: wire.Text(d.TaskID), CreatedAt: wire.At(d.CreatedAt), UpdatedAt: wire.At(d.UpdatedAt),
	}
	if c.caller.All {
		out.Owner = d.Owner
	}
	return out, nil
}

// documentPath is a path that names a document.
type documentPath struct {
	ID    string `path:"id" doc:"the document's id"`
	Owner string `query:"owner" doc:"whose document of this id, for callers that see everybody's"`
}

func (in documentPath) ref() library.Ref { return library.Ref{ID: in.ID, Owner: in.Owner} }

type documentFilter struct {
	page
	beginning
	Origin      string `query:"origin_prefix" doc:"only what came from a place that begins like this"`
	Name        string `query:"name" doc:"only documents that have this in their title or in the name of their source, whatever the case"`
	ContentType string `query:"content_type" doc:"only documents of this content type"`
	Order       string `query:"order" default:"newest" enum:"newest oldest name" doc:"by the time of their first version, or by their title, or name where they have none; a cursor is good for its order"`
}

// orders are the orders of documents by what calls name them.
var orders = map[string]document.Order{"newest": document.Newest, "oldest": document.Oldest, "name": document.ByName}

func (s *Server) listDocuments(ctx context.Context, c *call, in documentFilter) (out wire.Documents, err error) {
	f := document.Filter{
		Prefix: in.IDPrefix, Origin: in.Origin, Named: in.Name, ContentType: in.ContentType, Order: orders[in.Order], Limit: in.Limit, Cursor: in.Cursor,
	}
	documents, next, err := s.Library.List(ctx, c.scope(), f)
	if err != nil {
		return out, err
	}
	out = wire.Documents{Documents: make([]wire.Document, len(documents)), NextCursor: wire.Text(next)}
	for i, d := range documents {
		out.Documents[i], _ = c.document(d, nil)
	}
	if in.IDPrefix == "" || in.Cursor != "" {
		return out, nil
	}
	promised, err := s.Library.Duplicates(ctx, c.scope(), in.IDPrefix, in.Limit)
	for _, d := range promised {
		out.Duplicates = append(out.Duplicates, wire.Duplicate{DocumentID: d.ID, DuplicateOf: d.Original})
	}
	return out, err
}

func (s *Server) showDocument(ctx context.Context, c *call, in documentPath) (wire.Document, error) {
	return c.document(s.Library.Get(ctx, c.scope(), in.ref()))
}

func (s *Server) deleteDocument(ctx context.Context, c *call, in documentPath) (wire.Document, error) {
	return c.document(s.Library.Delete(ctx, c.scope(), in.ref()))
}

type documentChunks struct {
	documentPath
	page
}

func (s *Server) documentChunks(ctx context.Context, c *call, in documentChunks) (out wire.Chunks, err error) {
	from := 0
	if in.Cursor != "" {
		if from, err = strconv.Atoi(in.Cursor); err != nil || from < 0 {
			return out, invalid("cursor is not one that this list gave")
		}
	}
	chunks, err := s.Library.Chunks(ctx, c.scope(), in.ref(), from, in.Limit)
	if err != nil {
		return out, err
	}
	out.Chunks = make([]wire.Chunk, len(chunks))
	size := 0
	for i, c := range chunks {
		metadata := c.Metadata
		if metadata == nil {
			metadata = map[string]any{}
		}
		size += len(c.Content)
		out.Chunks[i] = wire.Chunk{ChunkIndex: c.Index, Content: c.Content, Metadata: metadata}
	}
	if n := len(chunks); n == in.Limit || size >= index.PageBytes {
		out.NextCursor = wire.Text(strconv.Itoa(chunks[n-1].Index + 1))
	}
	return out, nil
}

func (s *Server) documentContent(w http.ResponseWriter, r *http.Request, in documentPath) error {
	text, err := s.Library.Content(r.Context(), callOf(r).scope(), in.ref())
	if err != nil {
		return err
	}
	free, err := hold(w, r, len(text), func(b *budget) *memory { return b.texts })
	if err != nil {
		return err
	}
	defer free()
	w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
	sandbox(w.Header())
	_ = writePieces(w, text) // a caller that has left
	return nil
}

type thumbnailPath struct {
	documentPath
	N string `path:"n" example:"1" doc:"which picture, counted from 1"`
}

func (s *Server) documentThumbnail(w http.ResponseWriter, r *http.Request, in thumbnailPath) error {
	number, _ := strconv.Atoi(in.N) // what is no number is no picture's
	picture, err := s.Library.Thumbnail(r.Context(), callOf(r).scope(), in.ref(), number)
	if err != nil {
		return err
	}
	defer picture.Close()
	head := make([]byte, 512)
	n, err := picture.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	w.Header().Set("Content-Type", content.Picture(head[:n]))
	sandbox(w.Header())
	_, _ = io.Copy(w, picture) // a caller that has left
	return nil
}

func (s *Server) documentSource(w http.ResponseWriter, r *http.Request, in documentPath) error {
	d, src, info, err := s.Library.Source(r.Context(), callOf(r).scope(), in.ref())
	if err != nil {
		return err
	}
	defer src.Close()
	// Whatever the file is, it is saved, not shown: it is a stranger's.
	w.Header().Set("Content-Type", "application/octet-stream")
	sandbox(w.Header())
	w.Header().Set("Content-Disposition", attachment(d.SourceName))
	w.Header().Set("ETag", `"`+d.Checksum+`"`)
	serveBytes(w, r, info.Modified, src)
	return nil
}
