package api

import (
	"net/http"

	"morag/internal/task"
	"morag/internal/wire"
)

// process serves the documented all-in-one call. In the modes convert and process
// the caller waits and nothing is stored; in the mode ingest a task is made.
func (s *Server) process(w http.ResponseWriter, r *http.Request) error {
	f, err := s.readForm(w, r)
	if err != nil {
		return err
	}
	err = s.processForm(w, r, f)
	if err != nil {
		s.discard(r.Context(), f)
	}
	return err
}

func (s *Server) processForm(w http.ResponseWriter, r *http.Request, f *form) error {
	o, err := readOptions(f.fields)
	if err != nil {
		return err
	}
	mode := o.text("mode")
	kind := o.text("source_type")
	if o.err != nil {
		return o.err
	}
	if f.file != nil && (kind == "url" || kind == "batch") {
		return invalid("file is not taken with source_type %q", kind)
	}
	switch mode {
	case "convert", "process":
		return s.convert(w, r, f, o, mode, kind)
	case "ingest":
		t, err := s.submit(r, f, o, kind)
		if err != nil {
			return err
		}
		return writeJSON(w, http.StatusOK, wire.ProcessIngested{
			Success: true, Mode: mode, TaskID: t.ID, StatusURL: "/api/v1/status/" + t.ID, DocumentID: t.DocumentID,
			EstimatedTimeSeconds: s.estimate(t), Message: "queued for ingestion",
		})
	}
	return invalid("mode must be convert, process or ingest")
}

// submit makes a task of what the request brings.
func (s *Server) submit(r *http.Request, f *form, o *options, kind string) (*task.Task, error) {
	switch kind {
	case "url":
		return s.submitURL(r, f, o)
	case "batch":
		return s.submitBatch(r, f, o)
	}
	return s.submitFile(r, f)
}

// convert answers the text at once; the upload is removed whatever comes of it.
func (s *Server) convert(w http.ResponseWriter, r *http.Request, f *form, o *options, mode, kind string) error {
	src, warning, err := s.source(f, o, kind)
	if err != nil {
		return err
	}
	options, err := o.task(s.Outbound)
	if err != nil {
		return err
	}
	doc, took, err := s.Ingest.Convert(r.Context(), src, options)
	if err != nil {
		return err
	}
	s.discard(r.Context(), f)
	out := wire.Converted{
		Success: true, Mode: mode, Content: &doc.Content, Metadata: doc.Metadata, DocumentID: wire.Text(options.DocumentID),
		ProcessingTimeMS: float64(took.Microseconds()) / 1000, Warnings: []string{}, Thumbnails: []string{},
	}
	if warning != "" {
		out.Warnings = append(out.Warnings, warning)
	}
	out.Warnings = append(out.Warnings, doc.Warnings...)
	out.Thumbnails = append(out.Thumbnails, doc.Thumbnails...)
	return writeJSON(w, http.StatusOK, out)
}

// source is what is to be converted at once: the upload or the address.
func (s *Server) source(f *form, o *options, kind string) (src task.Source, warning string, err error) {
	switch {
	case kind == "url":
		return s.address(o)
	case kind == "batch":
		return src, "", invalid("mode must be ingest for a batch; /process/batch converts one at once")
	case f.file == nil:
		return src, "", malformed("no file provided: send it as the form field file")
	}
	warning, err = f.settleType(o.contentType())
	return *f.file, warning, err
}
