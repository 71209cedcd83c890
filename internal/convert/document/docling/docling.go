// Package docling has a docling-serve convert documents: a service with models of their
// layout. Its protocol is version 1 of https://github.com/docling-project/docling-serve.
package docling

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
	"morag/internal/convert/document/markdown"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/source"
	"morag/internal/service"
)

const (
	name = "docling-serve"
	// doclingBreak stands between the pages in its Markdown.
	pageBreak = "<!-- morag:page-break -->"
	// doclingOverhead is what JSON may add to the text in its answer.
	overhead = 4
	// doclingProbe is how long it may take to say that it is there.
	probeTime = 5 * time.Second
)

// extensions are the formats that docling reads, and how it wants their names to end.
var extensions = map[string]string{
	content.PDF:             ".pdf",
	"text/html":             ".html",
	"application/xhtml+xml": ".xhtml",
	"text/markdown":         ".md",
	"text/csv":              ".csv",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   ".docx",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         ".xlsx",
}

// Client is a docling-serve: a service that converts documents with models of their
// layout. Its protocol is version 1 of https://github.com/docling-project/docling-serve.
type Client struct {
	timeout   time.Duration
	maxText   int64
	maxAnswer int64 // bytes
	client    *service.Client
}

// answer is what it says of one file.
type answer struct {
	Document struct {
		Markdown *string `json:"md_content"`
	} `json:"document"`
	Status string `json:"status"` // success, partial_success, skipped or failure
	Errors []struct {
		Message string `json:"error_message"`
	} `json:"errors"`
}

// Error is a failure of the service, for which the local engine stands in.
type Error struct {
	sentence string
	cause    error
}

func (e *Error) Error() string { return e.sentence }
func (e *Error) Unwrap() error { return e.cause }

// Lacks says, as a clause, why the service cannot convert a file, "" when it may.
func (d *Client) Lacks(src source.File) string {
	switch {
	case d == nil:
		return "no docling server is configured (MORAG_DOCLING_URL)"
	case extensions[src.MIME] == "":
		return "the docling server does not read this format"
	case src.Options.Password != "":
		return "the docling server takes no password"
	}
	return ""
}

// Convert has the service convert a file. Its own failures are [*Error].
func (d *Client) Convert(ctx context.Context, src source.File) (*content.Document, error) {
	bounded, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	answer, err := d.post(bounded, src)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case bounded.Err() != nil:
		return nil, &Error{fmt.Sprintf("the docling server took longer than %s", d.timeout), err}
	case err != nil:
		return nil, err
	}
	return answer.document(d.maxText)
}

// post sends the file.
func (d *Client) post(ctx context.Context, src source.File) (answer *answer, err error) {
	err = d.client.Post(ctx, "/v1/convert/file", form(src).Open, func(raw []byte) (err error) {
		answer, err = parse(raw)
		return err
	})
	_, unreachable := errors.AsType[*url.Error](err)
	switch refused, _ := errors.AsType[*service.StatusError](err); {
	case refused != nil:
		return nil, refusal(refused)
	case errors.Is(err, service.ErrLarge):
		return nil, &Error{fmt.Sprintf("the docling server's answer is larger than %d MiB", d.maxAnswer>>20), err}
	case errors.Is(err, service.ErrCut):
		return nil, &Error{"the docling server's answer broke off", err}
	case unreachable:
		return nil, &Error{"the docling server could not be reached", err}
	}
	return answer, err
}

// form is the request for one file.
func form(src source.File) service.Form {
	fields := [][2]string{
		{"to_formats", "md"}, {"do_ocr", "true"}, {"image_export_mode", "placeholder"}, {"md_page_break_placeholder", pageBreak},
	}
	for _, tag := range strings.FieldsFunc(src.Options.Language, func(r rune) bool { return r == '+' || r == ',' || r == ' ' }) {
		if base, _, _ := strings.Cut(strings.ToLower(tag), "-"); base != "auto" {
			fields = append(fields, [2]string{"ocr_lang", base})
		}
	}
	return service.Form{Fields: fields, FileField: "files", FileName: "document" + extensions[src.MIME], FileType: src.MIME, Path: src.Path}
}

// refusal makes a sentence of a status that is not 200.
func refusal(refused *service.StatusError) error {
	cause := fmt.Errorf("%w: %s", refused, property.Line(string(refused.Body[:min(len(refused.Body), 4<<10)])))
	switch refused.Code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return &Error{"the docling server refused the key (MORAG_DOCLING_API_KEY)", cause}
	case http.StatusNotFound:
		return &Error{"there is no docling-serve with version 1 of its API at MORAG_DOCLING_URL", cause}
	case http.StatusGatewayTimeout:
		return &Error{"the docling server gave up waiting for its own conversion (DOCLING_SERVE_MAX_SYNC_WAIT)", cause}
	}
	return &Error{fmt.Sprintf("the docling server answered with status %d", refused.Code), cause}
}

func parse(raw []byte) (*answer, error) {
	var answer answer
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, &Error{"the docling server's answer is not understood", err}
	}
	return &answer, nil
}

// document is the answer's document, as long as it succeeded at least in part.
func (a *answer) document(maxText int64) (*content.Document, error) {
	complaint := "no reason given"
	if len(a.Errors) > 0 {
		complaint = cmp.Or(shorten(property.Line(a.Errors[0].Message)), complaint)
	}
	if a.Status != "success" && a.Status != "partial_success" || a.Document.Markdown == nil {
		return nil, &Error{"the docling server could not convert the document: " + complaint, fmt.Errorf("status %q", a.Status)}
	}
	if int64(len(*a.Document.Markdown)) > maxText {
		return nil, convert.BadSource(fmt.Sprintf("the document holds more than %d MiB of text", maxText>>20), nil)
	}
	text := strings.ToValidUTF8(*a.Document.Markdown, "\uFFFD")
	text = strings.NewReplacer("\x00", "", "\f", "\n", "\r\n", "\n").Replace(text)
	pages := strings.Split(text, pageBreak)
	for i := range pages {
		pages[i] = strings.TrimSpace(pages[i])
	}
	doc := &content.Document{Metadata: map[string]any{"engine": name}}
	doc.Content = strings.TrimRight(strings.Join(pages, content.PageBreak), content.PageBreak)
	property.Set(doc.Metadata, "title", markdown.FirstHeading(doc.Content))
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

// Engine is the service in the list of engines.
func (d *Client) Engine(ctx context.Context) convert.Engine {
	e := convert.Engine{Name: name, Purpose: "documents with use_docling", Remedy: "set MORAG_DOCLING_URL to the address of a docling-serve"}
	if d != nil {
		ctx, cancel := context.WithTimeout(ctx, probeTime)
		defer cancel()
		_, err := d.client.Get(ctx, "/health")
		e.Available = err == nil
	}
	return e
}

// Config says where the service is.
type Config struct {
	Address string // "" for none
	Key     string
	Timeout time.Duration // of one document
	MaxText int64         // bytes of one document's text
}

// New returns nil when no service is configured.
func New(c Config) *Client {
	if c.Address == "" {
		return nil
	}
	header := http.Header{}
	if c.Key != "" {
		header.Set("X-Api-Key", c.Key)
	}
	d := &Client{timeout: c.Timeout, maxText: c.MaxText, maxAnswer: overhead*c.MaxText + 1<<20}
	d.client = service.New(service.Config{
		Address: strings.TrimSuffix(strings.TrimRight(c.Address, "/"), "/v1"), Header: header, MaxAnswer: d.maxAnswer,
	})
	return d
}
