package document

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/service"
)

const (
	doclingName = "docling-serve"
	// doclingBreak stands between the pages in its Markdown.
	doclingBreak = "<!-- morag:page-break -->"
	// doclingOverhead is what JSON may add to the text in its answer.
	doclingOverhead = 4
	// doclingProbe is how long it may take to say that it is there.
	doclingProbe = 5 * time.Second
)

// doclingFiles are the formats that docling reads, and how it wants their names to end.
var doclingFiles = map[string]string{
	"application/pdf":       ".pdf",
	"text/html":             ".html",
	"application/xhtml+xml": ".xhtml",
	"text/markdown":         ".md",
	"text/csv":              ".csv",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   ".docx",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         ".xlsx",
}

// docling is a docling-serve: a service that converts documents with models of their
// layout. Its protocol is version 1 of https://github.com/docling-project/docling-serve.
type docling struct {
	timeout   time.Duration
	maxText   int64
	maxAnswer int64 // bytes
	client    *service.Client
}

// doclingAnswer is what it says of one file.
type doclingAnswer struct {
	Document struct {
		Markdown *string `json:"md_content"`
	} `json:"document"`
	Status string `json:"status"` // success, partial_success, skipped or failure
	Errors []struct {
		Message string `json:"error_message"`
	} `json:"errors"`
}

// errDocling is a failure of the service, for which the local engine stands in.
type errDocling struct {
	sentence string
	cause    error
}

func (e *errDocling) Error() string { return e.sentence }
func (e *errDocling) Unwrap() error { return e.cause }

// convert has the service convert a file. Its own failures are [*errDocling].
func (d *docling) convert(ctx context.Context, src content.Source, opt convert.Options) (*content.Document, error) {
	bounded, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	answer, err := d.post(bounded, src, opt)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case bounded.Err() != nil:
		return nil, &errDocling{fmt.Sprintf("the docling server took longer than %s", d.timeout), err}
	case err != nil:
		return nil, err
	}
	return answer.document(d.maxText)
}

// post sends the file.
func (d *docling) post(ctx context.Context, src content.Source, opt convert.Options) (answer *doclingAnswer, err error) {
	err = d.client.Post(ctx, "/v1/convert/file", doclingForm(src, opt.Language).Open, func(raw []byte) (err error) {
		answer, err = parseDocling(raw)
		return err
	})
	_, unreachable := errors.AsType[*url.Error](err)
	switch refused, _ := errors.AsType[*service.StatusError](err); {
	case refused != nil:
		return nil, refusedByDocling(refused)
	case errors.Is(err, service.ErrLarge):
		return nil, &errDocling{fmt.Sprintf("the docling server's answer is larger than %d MiB", d.maxAnswer>>20), err}
	case errors.Is(err, service.ErrCut):
		return nil, &errDocling{"the docling server's answer broke off", err}
	case unreachable:
		return nil, &errDocling{"the docling server could not be reached", err}
	}
	return answer, err
}

// doclingForm is the request for one file.
func doclingForm(src content.Source, language string) service.Form {
	fields := [][2]string{
		{"to_formats", "md"}, {"do_ocr", "true"}, {"image_export_mode", "placeholder"}, {"md_page_break_placeholder", doclingBreak},
	}
	for _, tag := range strings.FieldsFunc(language, func(r rune) bool { return r == '+' || r == ',' || r == ' ' }) {
		if base, _, _ := strings.Cut(strings.ToLower(tag), "-"); base != "auto" {
			fields = append(fields, [2]string{"ocr_lang", base})
		}
	}
	return service.Form{Fields: fields, FileField: "files", FileName: "document" + doclingFiles[src.MIME], FileType: src.MIME, Path: src.Path}
}

// refusedByDocling makes a sentence of a status that is not 200.
func refusedByDocling(refused *service.StatusError) error {
	cause := fmt.Errorf("%w: %s", refused, printable(string(refused.Body[:min(len(refused.Body), 4<<10)])))
	switch refused.Code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return &errDocling{"the docling server refused the key (MORAG_DOCLING_API_KEY)", cause}
	case http.StatusNotFound:
		return &errDocling{"there is no docling-serve with version 1 of its API at MORAG_DOCLING_URL", cause}
	case http.StatusGatewayTimeout:
		return &errDocling{"the docling server gave up waiting for its own conversion (DOCLING_SERVE_MAX_SYNC_WAIT)", cause}
	}
	return &errDocling{fmt.Sprintf("the docling server answered with status %d", refused.Code), cause}
}

func parseDocling(raw []byte) (*doclingAnswer, error) {
	var answer doclingAnswer
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, &errDocling{"the docling server's answer is not understood", err}
	}
	return &answer, nil
}

// document is the answer's document, as long as it succeeded at least in part.
func (a *doclingAnswer) document(maxText int64) (*content.Document, error) {
	complaint := "no reason given"
	if len(a.Errors) > 0 {
		complaint = cmp.Or(shorten(printable(a.Errors[0].Message)), complaint)
	}
	if a.Status != "success" && a.Status != "partial_success" || a.Document.Markdown == nil {
		return nil, &errDocling{"the docling server could not convert the document: " + complaint, fmt.Errorf("status %q", a.Status)}
	}
	if int64(len(*a.Document.Markdown)) > maxText {
		return nil, tooMuchText(maxText, nil)
	}
	text := strings.ToValidUTF8(*a.Document.Markdown, "\uFFFD")
	text = strings.NewReplacer("\x00", "", "\f", "\n", "\r\n", "\n").Replace(text)
	pages := strings.Split(text, doclingBreak)
	for i := range pages {
		pages[i] = strings.TrimSpace(pages[i])
	}
	doc := &content.Document{Metadata: map[string]any{"engine": doclingName}}
	doc.Content = strings.TrimRight(strings.Join(pages, content.PageBreak), content.PageBreak)
	setText(doc.Metadata, "title", firstHeading(doc.Content))
	if len(pages) > 1 {
		doc.Metadata["page_count"] = len(pages)
	}
	if a.Status == "partial_success" {
		doc.Warnings = append(doc.Warnings, "the docling server converted the document in part only: "+complaint)
	}
	return doc, nil
}

// shorten keeps a stranger's sentence to a length that a warning can have.
func shorten(s string) string {
	if runes := []rune(s); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return s
}

// available tells whether the service answers.
func (d *docling) available(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, doclingProbe)
	defer cancel()
	_, err := d.client.Get(ctx, "/health")
	return err == nil
}

// newDocling returns nil when no service is configured.
func newDocling(c Config) *docling {
	if c.DoclingURL == "" {
		return nil
	}
	header := http.Header{}
	if c.DoclingKey != "" {
		header.Set("X-Api-Key", c.DoclingKey)
	}
	d := &docling{timeout: c.Timeout, maxText: c.MaxText, maxAnswer: doclingOverhead*c.MaxText + 1<<20}
	d.client = service.New(service.Config{
		Address: strings.TrimSuffix(strings.TrimRight(c.DoclingURL, "/"), "/v1"), Header: header, MaxAnswer: d.maxAnswer,
	})
	return d
}
