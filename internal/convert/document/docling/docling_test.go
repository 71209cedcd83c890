package docling_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/converttest"
	"morag/internal/convert/document"
	"morag/internal/convert/document/documenttest"
)

// doclingServe speaks the protocol of docling-serve: POST /v1/convert/file takes a form
// and answers with the document and a status; keys come in X-Api-Key.
type doclingServe struct {
	*httptest.Server
	key    string
	answer func(w http.ResponseWriter, fields map[string][]string, file []byte)
}

func newDoclingServe(t *testing.T, answer func(w http.ResponseWriter, fields map[string][]string, file []byte)) *doclingServe {
	t.Helper()
	s := &doclingServe{key: "secret", answer: answer}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"status":"ok"}`) })
	mux.HandleFunc("POST /v1/convert/file", s.convert)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *doclingServe) convert(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Api-Key") != s.key {
		http.Error(w, `{"detail":"The provided API Key is invalid."}`, http.StatusUnauthorized)
		return
	}
	mediaType, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "multipart/form-data" || r.ContentLength <= 0 {
		http.Error(w, "no form", http.StatusUnprocessableEntity)
		return
	}
	fields := map[string][]string{}
	var file []byte
	for form := multipart.NewReader(r.Body, params["boundary"]); ; {
		part, err := form.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		value, err := io.ReadAll(part)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		if part.FormName() == "files" {
			file = value
			fields["filename"] = append(fields["filename"], part.FileName())
			continue
		}
		fields[part.FormName()] = append(fields[part.FormName()], string(value))
	}
	if file == nil {
		http.Error(w, `{"detail":[{"type":"missing","loc":["body","files"]}]}`, http.StatusUnprocessableEntity)
		return
	}
	s.answer(w, fields, file)
}

// doclingSays answers as docling-serve does.
func doclingSays(w http.ResponseWriter, status, markdown string, complaints ...string) {
	type complaint struct {
		Component string `json:"component_type"`
		Module    string `json:"module_name"`
		Message   string `json:"error_message"`
	}
	list := []complaint{}
	for _, c := range complaints {
		list = append(list, complaint{"document_backend", "Backend", c})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"document": map[string]any{"filename": "document.pdf", "md_content": markdown, "json_content": nil, "text_content": nil},
		"status":   status, "errors": list, "processing_time": 1.5, "timings": map[string]any{},
	})
}

func TestDocling(t *testing.T) {
	t.Parallel()
	var got map[string][]string
	var sent []byte
	s := newDoclingServe(t, func(w http.ResponseWriter, fields map[string][]string, file []byte) {
		got, sent = fields, file
		doclingSays(w, "success", "# By docling\n\n| a | b |\n\n"+fields["md_page_break_placeholder"][0]+"\n\nPage two\n")
	})
	raw := converttest.PDF(nil, converttest.Page{"the local text"})
	c := document.New(document.Config{DoclingURL: s.URL + "/", DoclingKey: "secret"})
	doc, err := c.Convert(t.Context(), documenttest.File(t, "a.pdf", raw), convert.Options{UseDocling: true, Language: "de-AT+en"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := "# By docling\n\n| a | b |" + content.PageBreak + "Page two"; doc.Content != want {
		t.Errorf("got %q, want %q", doc.Content, want)
	}
	if doc.Metadata["engine"] != "docling-serve" || doc.Metadata["page_count"] != 2 || doc.Metadata["title"] != "By docling" || len(doc.Warnings) > 0 {
		t.Errorf("%+v", doc)
	}
	for field, want := range map[string]string{
		"to_formats": "md", "do_ocr": "true", "ocr_lang": "de en", "image_export_mode": "placeholder", "filename": "document.pdf",
	} {
		if strings.Join(got[field], " ") != want {
			t.Errorf("%s is %q", field, got[field])
		}
	}
	if string(sent) != string(raw) {
		t.Errorf("%d bytes of %d arrived", len(sent), len(raw))
	}
	for _, e := range c.Engines(t.Context()) {
		if e.Name == "docling-serve" && !e.Available {
			t.Errorf("%+v", e)
		}
	}
	doc, err = c.Convert(t.Context(), documenttest.File(t, "a.pdf", raw), convert.Options{}, nil)
	if err != nil || doc.Content != "the local text" || len(doc.Warnings) > 0 {
		t.Errorf("not asked for: %+v, %v", doc, err)
	}
}

func TestDoclingFails(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		config document.Config
		answer func(w http.ResponseWriter, fields map[string][]string, file []byte)
		option convert.Options
		want   string // in the warning
	}{
		"none":     {want: "no docling server is configured (MORAG_DOCLING_URL)"},
		"not here": {config: document.Config{DoclingURL: "http://127.0.0.1:1"}, want: "could not be reached"},
		"password": {answer: func(http.ResponseWriter, map[string][]string, []byte) {}, option: convert.Options{Password: "x"}, want: "takes no password"},
		"wrong key": {config: document.Config{DoclingKey: "other"}, answer: func(http.ResponseWriter, map[string][]string, []byte) {},
			want: "refused the key (MORAG_DOCLING_API_KEY)"},
		"failure": {answer: func(w http.ResponseWriter, _ map[string][]string, _ []byte) {
			doclingSays(w, "failure", "", "the backend\nis tired")
		}, want: "could not convert the document: the backend is tired"},
		"too slow for itself": {answer: func(w http.ResponseWriter, _ map[string][]string, _ []byte) {
			http.Error(w, `{"detail":"Conversion is taking too long."}`, http.StatusGatewayTimeout)
		}, want: "DOCLING_SERVE_MAX_SYNC_WAIT"},
		"broken": {answer: func(w http.ResponseWriter, _ map[string][]string, _ []byte) {
			http.Error(w, "oops", http.StatusInternalServerError)
		}, want: "status 500"},
		"no JSON": {answer: func(w http.ResponseWriter, _ map[string][]string, _ []byte) { _, _ = io.WriteString(w, "PK\x03\x04") }, want: "not understood"},
		"no text": {answer: func(w http.ResponseWriter, _ map[string][]string, _ []byte) {
			_, _ = io.WriteString(w, `{"status":"success"}`)
		}, want: "could not convert"},
		"an endless answer": {config: document.Config{MaxText: 10_000}, answer: func(w http.ResponseWriter, _ map[string][]string, _ []byte) {
			for range 100 {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		}, want: "is larger than"},
		"cut off": {answer: func(w http.ResponseWriter, _ map[string][]string, _ []byte) {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"document":`)
		}, want: "broke off"},
		"elsewhere": {answer: func(w http.ResponseWriter, _ map[string][]string, _ []byte) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}, want: "status 307"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tt.answer != nil {
				tt.config.DoclingURL = newDoclingServe(t, tt.answer).URL
			}
			if tt.config.DoclingKey == "" {
				tt.config.DoclingKey = "secret"
			}
			tt.option.UseDocling = true
			doc, err := document.New(tt.config).Convert(t.Context(),
				documenttest.File(t, "a.pdf", converttest.PDF(nil, converttest.Page{"the local text"})), tt.option, nil)
			if err != nil {
				t.Fatal(err)
			}
			if doc.Content != "the local text" || !strings.HasPrefix(fmt.Sprint(doc.Metadata["engine"]), "pdftohtml") {
				t.Errorf("%+v", doc)
			}
			if len(doc.Warnings) != 1 || !strings.Contains(doc.Warnings[0], tt.want) || !strings.HasSuffix(doc.Warnings[0], "converted by the local engine") {
				t.Errorf("warnings %q, want %q", doc.Warnings, tt.want)
			}
		})
	}
}

func TestDoclingTimeAndCancel(t *testing.T) {
	t.Parallel()
	entered := make(chan struct{}, 1)
	release := make(chan struct{})
	s := newDoclingServe(t, func(http.ResponseWriter, map[string][]string, []byte) {
		entered <- struct{}{}
		<-release
	})
	defer close(release)
	src := documenttest.File(t, "a.md", []byte("# the local text"))
	c := document.New(document.Config{DoclingURL: s.URL, DoclingKey: "secret", Timeout: 100 * time.Millisecond})
	doc, err := c.Convert(t.Context(), src, convert.Options{UseDocling: true}, nil)
	if err != nil || doc.Content != "# the local text" || len(doc.Warnings) != 1 || !strings.Contains(doc.Warnings[0], "longer than 100ms") {
		t.Errorf("%+v, %v", doc, err)
	}
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-entered
		cancel()
	}()
	c = document.New(document.Config{DoclingURL: s.URL, DoclingKey: "secret"})
	if _, err := c.Convert(ctx, src, convert.Options{UseDocling: true}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// What docling does in part is better than nothing, and the reader is told.
func TestDoclingInPart(t *testing.T) {
	t.Parallel()
	s := newDoclingServe(t, func(w http.ResponseWriter, _ map[string][]string, _ []byte) {
		doclingSays(w, "partial_success", "half", "page 2 is odd")
	})
	c := document.New(document.Config{DoclingURL: s.URL + "/v1", DoclingKey: "secret"})
	doc, err := c.Convert(t.Context(), documenttest.File(t, "a.docx", []byte(documenttest.Word(t))), convert.Options{UseDocling: true}, nil)
	if err != nil || doc.Content != "half" || len(doc.Warnings) != 1 || !strings.Contains(doc.Warnings[0], "in part only: page 2 is odd") {
		t.Errorf("%+v, %v", doc, err)
	}
	doc, err = c.Convert(t.Context(), documenttest.File(t, "a.txt", []byte("plain")), convert.Options{UseDocling: true}, nil)
	if err != nil || doc.Content != "plain" || len(doc.Warnings) != 1 || !strings.Contains(doc.Warnings[0], "does not read this format") {
		t.Errorf("%+v, %v", doc, err)
	}
}

// docling asks for everything; the service only knows sound files.
type alwaysDocling struct{ *document.Converter }

func (c alwaysDocling) Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	opt.UseDocling = true
	return c.Converter.Convert(ctx, src, opt, progress)
}

func TestDoclingConformance(t *testing.T) {
	t.Parallel()
	sound := converttest.PDF(nil, converttest.Page{"A page of text."}, converttest.Page{"Another page."})
	s := newDoclingServe(t, func(w http.ResponseWriter, fields map[string][]string, file []byte) {
		if string(file) != string(sound) {
			doclingSays(w, "failure", "", "Input document is not valid.")
			return
		}
		doclingSays(w, "success", "A page of text."+fields["md_page_break_placeholder"][0]+"Another page.")
	})
	converttest.Run(t, converttest.Case{
		New: func(string) convert.Converter {
			return alwaysDocling{document.New(document.Config{DoclingURL: s.URL, DoclingKey: "secret"})}
		},
		Source:     func(t *testing.T) content.Source { return documenttest.File(t, "report.pdf", sound) },
		Structured: true,
	})
}
