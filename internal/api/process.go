package api

import (
	"context"
	"fmt"

	"morag/internal/task"
	"morag/internal/wire"
)

// process serves the documented all-in-one call. In the modes convert and process
// the caller waits and nothing is stored; in the mode ingest a task is made.
func (s *Server) process(ctx context.Context, c *call, q submission) (any, error) {
	mode := q.text("mode")
	sourceType := q.text("source_type")
	if q.err != nil {
		return nil, q.err
	}
	if q.form.file != nil && (sourceType == "url" || sourceType == "batch") {
		return nil, invalid("file is not taken with source_type %q", sourceType)
	}
	switch mode {
	case "convert", "process":
		return s.convert(ctx, c, q, mode, sourceType)
	case "ingest":
		t, err := s.submitAny(ctx, c, q, sourceType)
		if err != nil {
			return nil, err
		}
		message, seconds := s.queued(ctx, t)
		return wire.ProcessIngested{
			Success: true, Mode: mode, TaskID: t.ID, StatusURL: "/api/v1/status/" + t.ID, DocumentID: t.DocumentID, DuplicateOf: wire.Text(t.DuplicateOf),
			EstimatedTimeSeconds: seconds, Message: message, Warnings: append([]string{}, t.Warnings...),
		}, nil
	}
	return nil, invalid("mode must be convert, process or ingest")
}

// queued says what will be done with a task, or with the items of a batch.
func (s *Server) queued(ctx context.Context, t *task.Task) (message string, seconds float64) {
	if n := len(t.Items); n > 0 {
		return fmt.Sprintf("%d items queued for ingestion", n), 0
	}
	return s.planned(ctx, t, "'"+t.Source.Name+"'")
}

// submitAny makes a task of what the request brings.
func (s *Server) submitAny(ctx context.Context, c *call, q submission, sourceType string) (*task.Task, error) {
	switch sourceType {
	case "url":
		return s.submitURL(ctx, c, q)
	case "batch":
		return s.submitBatch(ctx, c, q)
	}
	return s.submitFile(ctx, c, q)
}

// convert returns the text at once.
func (s *Server) convert(ctx context.Context, c *call, q submission, mode, sourceType string) (out wire.Converted, err error) {
	src, warning, err := s.source(q, sourceType)
	if err != nil {
		return out, err
	}
	options, err := q.task(s.Outbound)
	if err != nil {
		return out, err
	}
	doc, took, err := s.Ingest.Convert(ctx, c.scope(), src, options)
	if err != nil {
		return out, err
	}
	out = wire.Converted{
		Success: true, Mode: mode, Content: &doc.Content, Metadata: doc.Metadata, DocumentID: wire.Text(options.DocumentID),
		ProcessingTimeMS: float64(took.Microseconds()) / 1000, Warnings: append([]string{}, q.misspelt()...), Thumbnails: []string{},
	}
	if warning != "" {
		out.Warnings = append(out.Warnings, warning)
	}
	out.Warnings = append(out.Warnings, doc.Warnings...)
	out.Thumbnails = append(out.Thumbnails, doc.Thumbnails...)
	return out, nil
}

// source is what is to be converted at once: the upload or the address.
func (s *Server) source(q submission, sourceType string) (src task.Source, warning string, err error) {
	switch {
	case sourceType == "url":
		return s.address(q.options)
	case sourceType == "batch":
		return src, "", invalid("mode must be ingest for a batch; /process/batch converts one at once")
	case q.form.file == nil:
		return src, "", malformed("no file provided: send it as the form field file")
	}
	warning, err = q.form.settleType(q.contentType())
	return *q.form.file, warning, err
}
