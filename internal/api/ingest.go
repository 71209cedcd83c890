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
	submit := s.submitFile
	if id := q.text("upload_id"); id != "" {
		if q.form.file != nil {
			return out, invalid("upload_id names a file that was sent before: leave out file")
		}
		submit = func(ctx context.Context, c *call, q submission) (*task.Task, error) {
			return s.submitUpload(ctx, c, q, id)
		}
	}
	t, err := submit(ctx, c, q)
	if err != nil {
		return out, err
	}
	return s.ingested(ctx, t, "File"), nil
}

func (s *Server) ingestURL(ctx context.Context, c *call, q submission) (out wire.Ingested, err error) {
	t, err := s.submitURL(ctx, c, q)
	if err != nil {
		return out, err
	}
	return s.ingested(ctx, t, "Address"), nil
}

func (s *Server) ingested(ctx context.Context, t *task.Task, what string) wire.Ingested {
	message, seconds := s.planned(ctx, t, what+" '"+t.Source.Name+"'")
	return wire.Ingested{
		TaskID: t.ID, Status: "pending", Message: message, EstimatedTime: seconds, DocumentID: t.DocumentID,
		DuplicateOf: wire.Text(t.DuplicateOf), Warnings: append([]string{}, t.Warnings...),
	}
}

// planned says what will be done with a task, and how many seconds it is expected to take.
func (s *Server) planned(ctx context.Context, t *task.Task, what string) (message string, seconds float64) {
	p := s.Ingest.Plan(ctx, t)
	way := "local"
	if p.Remote {
		way = "remote"
	}
	message = fmt.Sprintf("%s queued for %s processing and ingestion", what, way)
	if p.Note != "" {
		message += "; " + p.Note
	}
	return message, p.Takes.Round(time.Second).Seconds()
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
	request := ingest.Request{ID: id, Fingerprint: f.fingerprint(), Source: *f.file, Options: options, Warnings: q.misspelt()}
	if warning != "" {
		request.Warnings = append(request.Warnings, warning)
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
