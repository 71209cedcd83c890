package api

import (
	"io"
	"net/http"
	"slices"
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

// documentFor shows who sees everybody's documents also whose this is.
func documentFor(r *http.Request, d *index.Document) wire.Document {
	out := documentOf(d)
	if callerOf(r).All {
		out.Owner = d.Owner
	}
	return out
}

// document is the owner and id of the document that the path names. Who sees everybody's
// gets its own first, else the only one of that id; of several it must name the owner.
func (s *Server) document(r *http.Request) (whose, id string, err error) {
	id, whose = r.PathValue("id"), scopeOf(r).Owner
	if !task.ValidID(id) {
		return "", "", index.ErrNotFound
	}
	if !callerOf(r).All {
		return whose, id, nil
	}
	if named := r.URL.Query().Get("owner"); named != "" {
		return named, id, nil
	}
	owners, err := s.Index.Owners(r.Context(), id)
	switch {
	case err != nil:
		return "", "", err
	case len(owners) == 0:
		return "", "", index.ErrNotFound
	case slices.Contains(owners, whose):
		return whose, id, nil
	case len(owners) > 1:
		return "", "", problem(http.StatusConflict, "documents of several owners have this id: name one in owner")
	}
	return owners[0], id, nil
}

func (s *Server) listDocuments(w http.ResponseWriter, r *http.Request) error {
	n, err := limit(r)
	if err != nil {
		return err
	}
	documents, next, err := s.Index.List(r.Context(), index.Scope{Owner: scopeOf(r).Owner, AllOwners: callerOf(r).All}, n, r.URL.Query().Get("cursor"))
	if err != nil {
		return err
	}
	page := wire.Documents{Documents: make([]wire.Document, len(documents)), NextCursor: wire.Text(next)}
	for i, d := range documents {
		page.Documents[i] = documentFor(r, d)
	}
	return writeJSON(w, http.StatusOK, page)
}

func (s *Server) showDocument(w http.ResponseWriter, r *http.Request) error {
	whose, id, err := s.document(r)
	if err != nil {
		return err
	}
	d, err := s.Index.Get(r.Context(), whose, id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, documentFor(r, d))
}

func (s *Server) documentContent(w http.ResponseWriter, r *http.Request) error {
	whose, id, err := s.document(r)
	if err != nil {
		return err
	}
	text, err := s.Index.Content(r.Context(), whose, id)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
	sandbox(w.Header())
	_, _ = io.WriteString(w, text) // a caller that has left
	return nil
}

func (s *Server) documentChunks(w http.ResponseWriter, r *http.Request) error {
	whose, id, err := s.document(r)
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
	chunks, err := s.Index.Chunks(r.Context(), whose, id, from, n)
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
	whose, id, err := s.document(r)
	if err != nil {
		return err
	}
	d, err := s.Index.Get(r.Context(), whose, id)
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

func (s *Server) deleteDocument(w http.ResponseWriter, r *http.Request) error {
	whose, id, err := s.document(r)
	if err != nil {
		return err
	}
	d, err := s.Ingest.DeleteDocument(r.Context(), whose, id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, documentFor(r, d))
}
