package document

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
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
	base    string // address without the path
	key     string
	timeout time.Duration
	maxText int64
	client  *http.Client
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

// post sends the file as it is read: it is never in memory as a whole.
func (d *docling) post(ctx context.Context, src content.Source, opt convert.Options) (*doclingAnswer, error) {
	file, err := os.Open(src.Path)
	if err != nil {
		return nil, fmt.Errorf("convert document: %w", err)
	}
	defer file.Close()
	head, tail, contentType, err := doclingForm(src.MIME, opt.Language)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("convert document: %w", err)
	}
	// The size is known, so that no proxy on the way has to take pieces.
	body := io.MultiReader(bytes.NewReader(head), io.LimitReader(file, info.Size()), bytes.NewReader(tail))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.base+"/v1/convert/file", io.NopCloser(body))
	if err != nil {
		return nil, &errDocling{"the docling server's address (MORAG_DOCLING_URL) is not valid", err}
	}
	req.ContentLength = int64(len(head)) + info.Size() + int64(len(tail))
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Accept", "application/json")
	d.authorize(req)
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, &errDocling{"the docling server could not be reached", err}
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, refusedByDocling(resp)
	}
	limit := doclingOverhead*d.maxText + 1<<20
	raw, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, &errDocling{"the docling server's answer broke off", err}
	}
	if int64(len(raw)) > limit {
		return nil, &errDocling{fmt.Sprintf("the docling server's answer is larger than %d MiB", limit>>20), nil}
	}
	return parseDocling(raw)
}

// doclingForm is what comes before and after the file in the form.
func doclingForm(mimeType, language string) (head, tail []byte, contentType string, err error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	fields := [][2]string{
		{"to_formats", "md"}, {"do_ocr", "true"}, {"image_export_mode", "placeholder"}, {"md_page_break_placeholder", doclingBreak},
	}
	for _, tag := range strings.FieldsFunc(language, func(r rune) bool { return r == '+' || r == ',' || r == ' ' }) {
		if base, _, _ := strings.Cut(strings.ToLower(tag), "-"); base != "auto" {
			fields = append(fields, [2]string{"ocr_lang", base})
		}
	}
	for _, field := range fields {
		if err := w.WriteField(field[0], field[1]); err != nil {
			return nil, nil, "", fmt.Errorf("write form: %w", err)
		}
	}
	header := map[string][]string{
		"Content-Disposition": {`form-data; name="files"; filename="document` + doclingFiles[mimeType] + `"`},
		"Content-Type":        {mimeType},
	}
	if _, err := w.CreatePart(header); err != nil {
		return nil, nil, "", fmt.Errorf("write form: %w", err)
	}
	head = bytes.Clone(form.Bytes())
	form.Reset()
	if err := w.Close(); err != nil {
		return nil, nil, "", fmt.Errorf("write form: %w", err)
	}
	return head, form.Bytes(), w.FormDataContentType(), nil
}

func (d *docling) authorize(req *http.Request) {
	if d.key != "" {
		req.Header.Set("X-Api-Key", d.key)
	}
}

// refusedByDocling makes a sentence of a status that is not 200.
func refusedByDocling(resp *http.Response) error {
	said, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	cause := fmt.Errorf("%s: %s", resp.Status, printable(string(said)))
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return &errDocling{"the docling server refused the key (MORAG_DOCLING_API_KEY)", cause}
	case http.StatusNotFound:
		return &errDocling{"there is no docling-serve with version 1 of its API at MORAG_DOCLING_URL", cause}
	case http.StatusGatewayTimeout:
		return &errDocling{"the docling server gave up waiting for its own conversion (DOCLING_SERVE_MAX_SYNC_WAIT)", cause}
	}
	return &errDocling{fmt.Sprintf("the docling server answered with status %d", resp.StatusCode), cause}
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
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.base+"/health", nil)
	if err != nil {
		return false
	}
	d.authorize(req)
	resp, err := d.client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// newDocling returns nil when no service is configured.
func newDocling(c Config) *docling {
	if c.DoclingURL == "" {
		return nil
	}
	base := strings.TrimSuffix(strings.TrimRight(c.DoclingURL, "/"), "/v1")
	return &docling{
		base: base, key: c.DoclingKey, timeout: c.Timeout, maxText: c.MaxText,
		client: &http.Client{Transport: doclingTransport(), CheckRedirect: stayOnHost},
	}
}

// doclingTransport keeps no connection: conversions are minutes apart.
func doclingTransport() http.RoundTripper {
	return &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, ForceAttemptHTTP2: true}
}

// stayOnHost lets nobody else have the document or the key.
func stayOnHost(req *http.Request, via []*http.Request) error {
	if len(via) > 3 || !sameHost(req.URL, via[0].URL) {
		return errors.New("redirected elsewhere")
	}
	return nil
}

func sameHost(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host }
