package client

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"morag/internal/wire"
)

// IngestOptions say how a file is converted, cut and kept. Zero values leave the
// choice to the server.
type IngestOptions struct {
	ContentType       string // sent as source_type
	DocumentID        string
	ReplaceExisting   bool
	Metadata          map[string]any
	Language          string
	Password          string
	IncludeThumbnails bool
	UseDocling        bool
	ChunkSize         int // characters
	ChunkOverlap      *int
	ChunkingStrategy  string
	Remote            bool
	RemoteTimeout     int   // seconds
	FallbackToLocal   *bool // nil: true
	Priority          int
	WebhookURL        string
	WebhookAuthToken  string
	WebhookSecret     string

	// IdempotencyKey names this ingestion, so that it is made once however often it
	// is sent. "" makes one for the call.
	IdempotencyKey string
	// Progress is told how much of the upload has gone, from another goroutine and
	// often; it starts again when the upload does. total counts the whole request.
	Progress func(sent, total int64)
}

// IngestFile uploads the file at path, streamed, and has it ingested. It may be
// repeated after a failure: the Idempotency-Key keeps it from being doubled.
func (c *Client) IngestFile(ctx context.Context, path string, o IngestOptions) (wire.Ingested, error) {
	fields, err := o.fields()
	if err != nil {
		return wire.Ingested{}, err
	}
	var out wire.Ingested
	err = c.upload(ctx, upload{
		route: "/api/v1/ingest/file", path: path, fields: fields,
		key: o.IdempotencyKey, progress: o.Progress,
	}, &out)
	return out, err
}

// IngestURL has the server ingest what is at an address. It may be repeated like
// [Client.IngestFile].
func (c *Client) IngestURL(ctx context.Context, address string, o IngestOptions) (wire.Ingested, error) {
	fields, err := o.fields()
	if err != nil {
		return wire.Ingested{}, err
	}
	values := url.Values{"url": {address}}
	for _, f := range fields {
		values.Set(f.name, f.value)
	}
	body := values.Encode()
	return ask[wire.Ingested](ctx, c, &request{
		method: http.MethodPost, path: "/api/v1/ingest/url", header: http.Header{"Idempotency-Key": {cmp.Or(o.IdempotencyKey, rand.Text())}},
		body: func() io.Reader { return strings.NewReader(body) }, size: int64(len(body)), contentType: "application/x-www-form-urlencoded",
	})
}

// IngestBatch has it ingest what is at each of the addresses that items name, with the
// options of all and each item's own.
func (c *Client) IngestBatch(ctx context.Context, in wire.Batch) (wire.BatchIngested, error) {
	r := (&request{
		method: http.MethodPost, path: "/api/v1/ingest/batch", header: http.Header{"Idempotency-Key": {rand.Text()}},
	}).json(in)
	return ask[wire.BatchIngested](ctx, c, r)
}

// fields are the form's, in a fixed order.
func (o IngestOptions) fields() ([]field, error) {
	var f form
	f.text("source_type", o.ContentType)
	f.text("document_id", o.DocumentID)
	f.flag("replace_existing", o.ReplaceExisting)
	if len(o.Metadata) > 0 {
		data, err := json.Marshal(o.Metadata)
		if err != nil {
			return nil, fmt.Errorf("metadata: %w", err)
		}
		f.text("metadata", string(data))
	}
	f.text("language", o.Language)
	f.text("password", o.Password)
	f.flag("include_thumbnails", o.IncludeThumbnails)
	f.flag("use_docling", o.UseDocling)
	f.number("chunk_size", o.ChunkSize)
	if o.ChunkOverlap != nil {
		f.text("chunk_overlap", strconv.Itoa(*o.ChunkOverlap))
	}
	f.text("chunking_strategy", o.ChunkingStrategy)
	f.flag("remote", o.Remote)
	f.number("remote_timeout", o.RemoteTimeout)
	if o.FallbackToLocal != nil {
		f.text("fallback_to_local", strconv.FormatBool(*o.FallbackToLocal))
	}
	f.number("priority", o.Priority)
	f.text("webhook_url", o.WebhookURL)
	f.text("webhook_auth_token", o.WebhookAuthToken)
	f.text("webhook_secret", o.WebhookSecret)
	return f, nil
}

// ProcessFile uploads a file to /api/v1/process in the mode convert or process,
// which answers when the conversion is done: ctx bounds that. progress may be nil.
func (c *Client) ProcessFile(ctx context.Context, path string, in wire.Process, progress func(sent, total int64)) (wire.Converted, error) {
	var out wire.Converted
	err := c.process(ctx, path, in, progress, &out)
	return out, err
}

// ProcessIngestFile uploads a file to /api/v1/process in the mode ingest. It may be
// repeated like [Client.IngestFile].
func (c *Client) ProcessIngestFile(ctx context.Context, path string, in wire.Process, progress func(sent, total int64)) (wire.ProcessIngested, error) {
	in.Mode = "ingest"
	var out wire.ProcessIngested
	err := c.process(ctx, path, in, progress, &out)
	return out, err
}

func (c *Client) process(ctx context.Context, path string, in wire.Process, progress func(sent, total int64), out any) error {
	if in.SourceType == "" {
		in.SourceType = "file"
	}
	data, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("request_data: %w", err)
	}
	return c.upload(ctx, upload{
		route: "/api/v1/process", path: path, fields: []field{{"request_data", string(data)}},
		silence: maxConversion, progress: progress,
	}, out)
}

type field struct{ name, value string }

// form collects the fields that are set.
type form []field

func (f *form) text(name, value string) {
	if value != "" {
		*f = append(*f, field{name, value})
	}
}

func (f *form) flag(name string, on bool) {
	if on {
		*f = append(*f, field{name, "true"})
	}
}

func (f *form) number(name string, n int) {
	if n != 0 {
		*f = append(*f, field{name, strconv.Itoa(n)})
	}
}
