package api

import (
	"fmt"
	"net/http"

	"morag/internal/content"
	"morag/internal/ingest"
	"morag/internal/task"
	"morag/internal/wire"
)

// address is the source that the option url names. A claimed type that cannot be an
// address's is corrected; a custom one is trusted, its converter is given the address
// in a file.
func (s *Server) address(o *options) (src task.Source, warning string, err error) {
	raw := o.text("url")
	claimed, err := content.Normalize(o.contentType())
	if err != nil {
		return src, "", invalid("%s", err)
	}
	switch {
	case o.err != nil:
		return src, "", o.err
	case raw == "":
		return src, "", invalid("url is missing")
	}
	if why := s.Outbound.Check(raw); why != "" {
		return src, "", invalid("url %s", why)
	}
	typ := content.TypeOfURL(raw)
	switch claimed {
	case "", typ, content.YouTube: // more sites have videos than YouTube
		if claimed != "" {
			typ = claimed
		}
	case content.Web:
		warning = fmt.Sprintf("content_type %q does not fit the address, which is treated as %q", claimed, typ)
	case content.Audio, content.Video, content.Doc, content.Image:
		// What the address holds is found out when it is fetched.
	default:
		typ = claimed
	}
	return task.Source{Name: raw, URL: raw, ContentType: typ}, warning, nil
}

// addressRequest makes a request of the options of one address.
func (s *Server) addressRequest(o *options) (ingest.Request, error) {
	src, warning, err := s.address(o)
	if err != nil {
		return ingest.Request{}, err
	}
	options, err := o.task(s.Outbound)
	if err != nil {
		return ingest.Request{}, err
	}
	request := ingest.Request{Source: src, Options: options}
	if warning != "" {
		request.Warnings = []string{warning}
	}
	return request, nil
}

// readOptionsOnly reads a request that brings no file.
func (s *Server) readOptionsOnly(w http.ResponseWriter, r *http.Request) (*form, *options, error) {
	f, err := s.readForm(w, r)
	if err != nil {
		return nil, nil, err
	}
	if f.file != nil {
		s.discard(r.Context(), f)
		return nil, nil, invalid("file is not taken here: name an address in url")
	}
	o, err := readOptions(f.fields)
	return f, o, err
}

func (s *Server) ingestURL(w http.ResponseWriter, r *http.Request) error {
	f, o, err := s.readOptionsOnly(w, r)
	if err != nil {
		return err
	}
	t, err := s.submitURL(r, f, o)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, wire.Ingested{
		TaskID: t.ID, Status: "pending", DocumentID: t.DocumentID, EstimatedTime: s.estimate(t),
		Message: fmt.Sprintf("Address '%s' queued for %s processing and ingestion", t.Source.Name, way(t)),
	})
}

// way is how the client asked for a task to be converted.
func way(t *task.Task) string {
	if t.Options.Remote {
		return "remote"
	}
	return "local"
}

func (s *Server) submitURL(r *http.Request, f *form, o *options) (*task.Task, error) {
	request, err := s.addressRequest(o)
	if err != nil {
		return nil, err
	}
	if request.ID, err = idempotencyID(r); err != nil {
		return nil, err
	}
	request.Fingerprint = f.fingerprint()
	t, _, err := s.Ingest.Submit(r.Context(), scopeOf(r), request)
	if err != nil {
		return nil, err
	}
	note(r, "task_id", t.ID, "document_id", t.DocumentID)
	return t, nil
}
