package api

import (
	"net/http"

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
	switch kind := o.text("source_type"); {
	case o.err != nil:
		return o.err
	case kind == "url" || kind == "batch":
		return invalid("source_type %q is not served here: upload the file with source_type \"file\"", kind)
	}
	switch mode {
	case "convert", "process":
		return s.convert(w, r, f, o, mode)
	case "ingest":
		t, err := s.submitFile(r, f)
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

// convert answers the text at once; the upload is removed whatever comes of it.
func (s *Server) convert(w http.ResponseWriter, r *http.Request, f *form, o *options, mode string) error {
	if f.file == nil {
		return malformed("no file provided: send it as the form field file")
	}
	options, err := o.task(s.Outbound)
	if err != nil {
		return err
	}
	warning, err := f.settleType(o.contentType())
	if err != nil {
		return err
	}
	doc, took, err := s.Ingest.Convert(r.Context(), *f.file, options)
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
