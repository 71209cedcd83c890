package dashboard

import (
	"maps"
	"net/http"

	"morag/internal/content"
	"morag/internal/wire"
)

// pdfPolicy lets these pages alone show a PDF in a frame. The style is that of the browser's
// own reader.
const pdfPolicy = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; base-uri 'none'; frame-ancestors 'self'"

// isPDF tells whether what a document was made of is there, and a PDF.
func isPDF(d wire.Document) bool { return d.SourceRef != nil && text(d.MIMEType) == content.PDF }

// showPDF answers the PDF that a document was made of, for the page about it to show.
func (d *Dashboard) showPDF(w http.ResponseWriter, r *http.Request) {
	v := &visit{Request: r, w: w, dashboard: d}
	if err := v.passPDF(); err != nil {
		d.fail(v, err)
	}
}

func (v *visit) passPDF() error {
	if err := v.meet(); err != nil {
		return err
	}
	path, whose := v.documentPath()
	var document wire.Document
	if err := v.get(path+whose, nil, &document); err != nil {
		return err
	}
	if !isPDF(document) {
		return &Refusal{Status: http.StatusNotFound, Detail: "there is no PDF of this document"}
	}
	inner, err := v.inner(http.MethodGet, path+"/source"+whose, http.NoBody)
	if err != nil {
		return err
	}
	for _, name := range []string{"Range", "If-Range", "If-None-Match", "If-Modified-Since"} {
		if sent := v.Header.Values(name); len(sent) > 0 {
			inner.Header[name] = sent
		}
	}
	v.dashboard.API.ServeHTTP(&pdfWriter{ResponseWriter: v.w, header: http.Header{}}, inner)
	return nil
}

// pdfWriter has a browser show, as a PDF and as nothing else, what the API has it save.
type pdfWriter struct {
	http.ResponseWriter
	header http.Header // the API's
	begun  bool
}

// Unwrap lets [http.ResponseController] find what the writer can do.
func (w *pdfWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Header implements [http.ResponseWriter].
func (w *pdfWriter) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *pdfWriter) WriteHeader(status int) {
	w.begun = true
	h := w.ResponseWriter.Header()
	maps.Copy(h, w.header)
	whole := status == http.StatusOK || status == http.StatusPartialContent
	if whole && h.Get("Content-Type") == "application/octet-stream" { // several ranges have another type
		h.Set("Content-Type", content.PDF)
		h.Set("Content-Disposition", "inline")
		h.Set("Content-Security-Policy", pdfPolicy)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *pdfWriter) Write(p []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}
