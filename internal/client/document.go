package client

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"morag/internal/wire"
)

const documents = "/api/v1/documents/"

// DocumentFilter says which documents are listed, and in which order. Servers before it
// heed only its List.
type DocumentFilter struct {
	Name        string // a part of the title, or of the name of the source
	ContentType string // "" for any
	Order       string // newest, oldest or name; "" for newest
	Origin      string // that the origins begin with
	List
}

// Documents lists the stored documents.
func (c *Client) Documents(ctx context.Context, f DocumentFilter) (wire.Documents, error) {
	q := f.query()
	set(q, "name", f.Name)
	set(q, "content_type", f.ContentType)
	set(q, "order", f.Order)
	set(q, "origin_prefix", f.Origin)
	return ask[wire.Documents](ctx, c, get("/api/v1/documents", q))
}

// Document describes one document.
func (c *Client) Document(ctx context.Context, id string) (wire.Document, error) {
	return ask[wire.Document](ctx, c, about(http.MethodGet, documents, id, ""))
}

// RelocateDocument tells where the source of a document lies now. It may be repeated.
func (c *Client) RelocateDocument(ctx context.Context, id string, to wire.DocumentPlace) (wire.Document, error) {
	return ask[wire.Document](ctx, c, about(http.MethodPatch, documents, id, "").json(to))
}

// DocumentContent streams a document's Markdown. The caller closes it.
func (c *Client) DocumentContent(ctx context.Context, id string) (io.ReadCloser, error) {
	r := about(http.MethodGet, documents, id, "/content")
	r.header = http.Header{"Accept": {"text/markdown"}}
	return c.open(ctx, r)
}

// DocumentSegments lists what is said when in a recording, in order.
func (c *Client) DocumentSegments(ctx context.Context, id string, l List) (wire.Segments, error) {
	r := about(http.MethodGet, documents, id, "/segments")
	r.query = l.query()
	return ask[wire.Segments](ctx, c, r)
}

// CorrectSegments corrects what is said in a recording, if the document still has the version,
// or whichever it has for "*". It is sent once.
func (c *Client) CorrectSegments(ctx context.Context, id, version string, change wire.Correction) (wire.Corrected, error) {
	r := about(http.MethodPatch, documents, id, "/segments").json(change).only()
	r.header = http.Header{"If-Match": {version}}
	return ask[wire.Corrected](ctx, c, r)
}

// DocumentTranscript streams what is said in a recording, in the format srt, vtt, txt, md
// or json. The caller closes it.
func (c *Client) DocumentTranscript(ctx context.Context, id, format string) (io.ReadCloser, error) {
	r := about(http.MethodGet, documents, id, "/transcript")
	r.query = url.Values{"format": {format}}
	r.header = http.Header{"Accept": {"*/*"}}
	return c.open(ctx, r)
}

// open asks for an answer that is read by the caller, who closes it.
func (c *Client) open(ctx context.Context, r *request) (io.ReadCloser, error) {
	var body io.ReadCloser
	err := c.repeat(ctx, r, func() error {
		resp, err := c.send(ctx, r)
		if err == nil {
			body = resp.Body
		}
		return err
	})
	return body, err
}

// DocumentChunks lists the pieces a document was cut into, in order.
func (c *Client) DocumentChunks(ctx context.Context, id string, l List) (wire.Chunks, error) {
	r := about(http.MethodGet, documents, id, "/chunks")
	r.query = l.query()
	return ask[wire.Chunks](ctx, c, r)
}

// DocumentSource is the address of a document's source file, for [Client.Download].
func DocumentSource(id string) string { return documents + url.PathEscape(id) + "/source" }

// DeleteDocument removes a document and its source file. It is sent once, since a
// second time is answered 404.
func (c *Client) DeleteDocument(ctx context.Context, id string) error {
	return c.do(ctx, about(http.MethodDelete, documents, id, "").only(), nil)
}
