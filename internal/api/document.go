package api

import (
	"io"
	"net/http"
	"strconv"

	"morag/internal/blob"
	"morag/internal/index"
	"morag/internal/task"
	"morag/internal/wire"
)

func documentOf(d *index.Document) wire.Document {
	metadata := d.Metadata
	if metadata == nil {
		metadata = map[string]any{}
	}
	return wire.Document{
		DocumentID: d.ID, ContentType: d.ContentType, SourceName: wire.Text(d.SourceName), SourceRef: wire.Text(d.SourceRef), MIMEType: wire.Text(d.MIME),
		Checksum: d.Checksum, ProcessingMethod: d.ProcessingMethod, ChunkCount: d.ChunkCount, ContentLength: d.ContentLength,
		Metadata: metadata, TaskID: wire.Text(d.TaskID), CreatedAt: wire.At(d.CreatedAt), UpdatedAt: wire.At(d.UpdatedAt),
	}
}

// documentID is the id that the path names, checked before it reaches a store.
func documentID(r *http.Request) (string, error) {
	id := r.PathValue("id")
	if !task.ValidID(id) {
		return "", index.ErrNotFound
	}
	return id, nil
}

func (s *Server) listDocuments(w http.ResponseWriter, r *http.Request) error {
	n, err := limit(r)
	if err != nil {
		return err
	}
	documents, next, err := s.Index.List(r.Context(), index.Scope{Owner: owner}, n, r.URL.Query().Get("cursor"))
	if err != nil {
		return err
	}
	page := wire.Documents{Documents: make([]wire.Document, len(documents)), NextCursor: wire.Text(next)}
	for i, d := range documents {
		page.Documents[i] = documentOf(d)
	}
	return writeJSON(w, http.StatusOK, page)
}

func (s *Server) showDocument(w http.ResponseWriter, r *http.Request) error {
	id, err := documentID(r)
	if err != nil {
		return err
	}
	d, err := s.Index.Get(r.Context(), owner, id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, documentOf(d))
}

func (s *Server) documentContent(w http.ResponseWriter, r *http.Request) error {
	id, err := documentID(r)
	if err != nil {
		return err
	}
	text, err := s.Index.Content(r.Context(), owner, id)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, text) // a caller that has left
	return nil
}

func (s *Server) documentChunks(w http.ResponseWriter, r *http.Request) error {
	id, err := documentID(r)
	if err != nil {
		return err
	}
	n, err := limit(r)
	if err != nil {
		return err
	}
	from := 0
	if cursor := r.URL.Query().Get("cursor"); cursor != "" {
		if from, err = strconv.Atoi(cursor); err != nil || from < 0 {
			return invalid("cursor is not one that this list gave")
		}
	}
	chunks, err := s.Index.Chunks(r.Context(), owner, id, from, n)
	if err != nil {
		return err
	}
	page := wire.Chunks{Chunks: make([]wire.Chunk, len(chunks))}
	for i, c := range chunks {
		metadata := c.Metadata
		if metadata == nil {
			metadata = map[string]any{}
		}
		page.Chunks[i] = wire.Chunk{ChunkIndex: c.Index, Content: c.Content, Metadata: metadata}
	}
	if len(chunks) == n {
		page.NextCursor = wire.Text(strconv.Itoa(chunks[n-1].Index + 1))
	}
	return writeJSON(w, http.StatusOK, page)
}

func (s *Server) documentSource(w http.ResponseWriter, r *http.Request) error {
	id, err := documentID(r)
	if err != nil {
		return err
	}
	d, err := s.Index.Get(r.Context(), owner, id)
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
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Disposition", attachment(d.SourceName))
	w.Header().Set("ETag", `"`+d.Checksum+`"`)
	serveBytes(w, r, info.Modified, src)
	return nil
}

func (s *Server) deleteDocument(w http.ResponseWriter, r *http.Request) error {
	id, err := documentID(r)
	if err != nil {
		return err
	}
	d, err := s.Ingest.DeleteDocument(r.Context(), owner, id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, documentOf(d))
}
