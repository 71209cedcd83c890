package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"

	"morag/internal/blob"
	"morag/internal/document"
	"morag/internal/index"
	"morag/internal/task"
	"morag/internal/wire"
)

// document makes an answer of a document. It shows who sees everybody's also whose it is.
func (c *call) document(d *document.Document, err error) (out wire.Document, _ error) {
	if err != nil {
		return out, err
	}
	metadata := d.Metadata
	if metadata == nil {
		metadata = map[string]any{}
	}
	out = wire.Document{
		DocumentID: d.ID, ContentType: d.ContentType, SourceName: wire.Text(d.SourceName), SourceRef: wire.Text(d.SourceRef), MIMEType: wire.Text(d.MIME),
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

// errSeveral: an id alone does not say which document is meant.
var errSeveral = errors.New("documents of several owners")

// document is the owner and id of the document that the path names. Who sees everybody's
// gets its own first, else the only one of that id; of several it must name the owner.
func (s *Server) document(ctx context.Context, c *call, in documentPath) (whose, id string, err error) {
	whose = c.scope().Owner
	if !task.ValidID(in.ID) {
		return "", "", document.ErrNotFound
	}
	if !c.caller.All {
		return whose, in.ID, nil
	}
	if in.Owner != "" {
		return in.Owner, in.ID, nil
	}
	owners, err := s.Documents.Owners(ctx, in.ID)
	switch {
	case err != nil:
		return "", "", err
	case len(owners) == 0:
		return "", "", document.ErrNotFound
	case slices.Contains(owners, whose):
		return whose, in.ID, nil
	case len(owners) > 1:
		return "", "", errSeveral
	}
	return owners[0], in.ID, nil
}

func (s *Server) listDocuments(ctx context.Context, c *call, in page) (out wire.Documents, err error) {
	documents, next, err := s.Documents.List(ctx, document.Filter{
		Owner:     c.scope().Owner,
		AllOwners: c.caller.All,
		Limit:     in.Limit,
		Cursor:    in.Cursor,
	})
	if err != nil {
		return out, err
	}
	out = wire.Documents{Documents: make([]wire.Document, len(documents)), NextCursor: wire.Text(next)}
	for i, d := range documents {
		out.Documents[i], _ = c.document(d, nil)
	}
	return out, nil
}

func (s *Server) showDocument(ctx context.Context, c *call, in documentPath) (out wire.Document, err error) {
	whose, id, err := s.document(ctx, c, in)
	if err != nil {
		return out, err
	}
	return c.document(s.Documents.Get(ctx, whose, id))
}

func (s *Server) deleteDocument(ctx context.Context, c *call, in documentPath) (out wire.Document, err error) {
	whose, id, err := s.document(ctx, c, in)
	if err != nil {
		return out, err
	}
	return c.document(s.Ingest.DeleteDocument(ctx, whose, id))
}

type documentChunks struct {
	documentPath
	page
}

func (s *Server) documentChunks(ctx context.Context, c *call, in documentChunks) (out wire.Chunks, err error) {
	whose, id, err := s.document(ctx, c, in.documentPath)
	if err != nil {
		return out, err
	}
	from := 0
	if in.Cursor != "" {
		if from, err = strconv.Atoi(in.Cursor); err != nil || from < 0 {
			return out, invalid("cursor is not one that this list gave")
		}
	}
	chunks, err := s.chunks(ctx, whose, id, from, in.Limit)
	if err != nil {
		return out, err
	}
	out.Chunks = make([]wire.Chunk, len(chunks))
	for i, c := range chunks {
		metadata := c.Metadata
		if metadata == nil {
			metadata = map[string]any{}
		}
		out.Chunks[i] = wire.Chunk{ChunkIndex: c.Index, Content: c.Content, Metadata: metadata}
	}
	if n := len(chunks); n == in.Limit {
		out.NextCursor = wire.Text(strconv.Itoa(chunks[n-1].Index + 1))
	}
	return out, nil
}

// chunks are those of the version in place. One that was replaced between the two
// questions may be swept already; then the one that took its place is asked for.
func (s *Server) chunks(ctx context.Context, owner, id string, from, n int) ([]index.Chunk, error) {
	for again := false; ; again = true {
		d, err := s.Documents.Get(ctx, owner, id)
		if err != nil {
			return nil, err
		}
		chunks, err := s.Index.Chunks(ctx, d.Version, from, n)
		if !errors.Is(err, index.ErrNotFound) || again {
			return chunks, err
		}
	}
}

func (s *Server) documentContent(w http.ResponseWriter, r *http.Request, in documentPath) error {
	whose, id, err := s.document(r.Context(), callOf(r), in)
	if err != nil {
		return err
	}
	text, err := s.Documents.Content(r.Context(), whose, id)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
	sandbox(w.Header())
	_, _ = io.WriteString(w, text) // a caller that has left
	return nil
}

func (s *Server) documentSource(w http.ResponseWriter, r *http.Request, in documentPath) error {
	whose, id, err := s.document(r.Context(), callOf(r), in)
	if err != nil {
		return err
	}
	d, err := s.Documents.Get(r.Context(), whose, id)
	if err != nil {
		return err
	}
	if d.SourceRef == "" {
		return blob.ErrNotFound
	}
	src, info, err := s.Blobs.Open(r.Context(), d.SourceRef)
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
