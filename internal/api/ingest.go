package api

import (
	"context"
	"fmt"
	"time"

	"morag/internal/ingest"
	"morag/internal/task"
	"morag/internal/wire"
)

func (s *Server) ingestFile(ctx context.Context, c *call, q submission) (out wire.Ingested, err error) {
	t, err := s.submitFile(ctx, c, q)
	if err != nil {
		return out, err
	}
	return s.ingested(t, "File"), nil
}

func (s *Server) ingestURL(ctx context.Context, c *call, q submission) (out wire.Ingested, err error) {
	t, err := s.submitURL(ctx, c, q)
	if err != nil {
		return out, err
	}
	return s.ingested(t, "Address"), nil
}

func (s *Server) ingested(t *task.Task, what string) wire.Ingested {
	way := "local" // as the client asked
	if t.Options.Remote {
		way = "remote"
	}
	return wire.Ingested{
		Warnings: append([]string{}, t.Warnings...),
		TaskID:   t.ID, Status: "pending", DocumentID: t.DocumentID, DuplicateOf: wire.Text(t.DuplicateOf), EstimatedTime: s.estimate(t),
		Message: fmt.Sprintf("%s '%s' queued for %s processing and ingestion", what, t.Source.Name, way),
	}
}

// estimate is how many seconds the task is expected to take.
func (s *Server) estimate(t *task.Task) float64 {
	return s.Ingest.Estimate(t.Source, t.Options.Remote).Round(time.Second).Seconds()
}

// submitFile makes a task of an uploaded file.
func (s *Server) submitFile(ctx context.Context, c *call, q submission) (*task.Task, error) {
	f := q.form
	if f.file == nil {
		return nil, malformed("no file provided: send it as the form field file")
	}
	options, err := q.task(s.Outbound)
	if err != nil {
		return nil, err
	}
	id, err := q.id(c)
	if err != nil {
		return nil, err
	}
	warning, err := f.settleType(q.contentType())
	if err != nil {
		return nil, err
	}
	request := ingest.Request{ID: id, Fingerprint: f.fingerprint(), Source: *f.file, Options: options}
	if warning != "" {
		request.Warnings = []string{warning}
	}
	t, repeated, err := s.Ingest.Submit(ctx, c.scope(), request)
	if err != nil {
		return nil, err
	}
	c.noteForAudit("task_id", t.ID, "document_id", t.DocumentID)
	if !repeated {
		f.handOver()
	}
	return t, nil
}

// submitURL makes a task of an address.
func (s *Server) submitURL(ctx context.Context, c *call, q submission) (*task.Task, error) {
	request, err := s.addressRequest(q.options)
	if err != nil {
		return nil, err
	}
	if request.ID, err = q.id(c); err != nil {
		return nil, err
	}
	request.Fingerprint = q.form.fingerprint()
	t, _, err := s.Ingest.Submit(ctx, c.scope(), request)
	if err != nil {
		return nil, err
	}
	c.noteForAudit("task_id", t.ID, "document_id", t.DocumentID)
	return t, nil
}
