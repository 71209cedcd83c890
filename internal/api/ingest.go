package api

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"morag/internal/ingest"
	"morag/internal/task"
	"morag/internal/wire"
)

func (s *Server) ingestFile(w http.ResponseWriter, r *http.Request) error {
	f, err := s.readForm(w, r)
	if err != nil {
		return err
	}
	t, err := s.submitFile(r, f)
	if err != nil {
		s.discard(r.Context(), f)
		return err
	}
	return writeJSON(w, http.StatusOK, wire.Ingested{
		TaskID: t.ID, Status: "pending", DocumentID: t.DocumentID, EstimatedTime: s.estimate(t),
		Message: fmt.Sprintf("File '%s' queued for %s processing and ingestion", t.Source.Name, way(t)),
	})
}

// submitFile makes a task of an uploaded file. On an error the file is the caller's
// to remove.
func (s *Server) submitFile(r *http.Request, f *form) (*task.Task, error) {
	o, err := readOptions(f.fields)
	if err != nil {
		return nil, err
	}
	if f.file == nil {
		return nil, malformed("no file provided: send it as the form field file")
	}
	options, err := o.task(s.Outbound)
	if err != nil {
		return nil, err
	}
	id, err := idempotencyID(r)
	if err != nil {
		return nil, err
	}
	warning, err := f.settleType(o.contentType())
	if err != nil {
		return nil, err
	}
	request := ingest.Request{ID: id, Fingerprint: f.fingerprint(), Source: *f.file, Options: options}
	if warning != "" {
		request.Warnings = []string{warning}
	}
	t, repeated, err := s.Ingest.Submit(r.Context(), scopeOf(r), request)
	if err != nil {
		return nil, err
	}
	note(r, "task_id", t.ID, "document_id", t.DocumentID)
	if repeated {
		s.discard(r.Context(), f)
	} else {
		f.done()
	}
	return t, nil
}

// estimate is how many seconds the task is expected to take.
func (s *Server) estimate(t *task.Task) float64 {
	return s.Ingest.Estimate(t.Source, t.Options.Remote).Round(time.Second).Seconds()
}

func (s *Server) revoke(w http.ResponseWriter, r *http.Request) error {
	v, err := s.Ingest.Revoke(r.Context(), scopeOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, taskFor(r, v))
}

func (s *Server) retryTask(w http.ResponseWriter, r *http.Request) error {
	v, err := s.Ingest.Retry(r.Context(), scopeOf(r), r.PathValue("id"))
	if errors.Is(err, task.ErrConflict) {
		return problem(http.StatusConflict, "only a task that has failed can be retried")
	}
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, taskFor(r, v))
}
