package client

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"morag/internal/option"
	"morag/internal/wire"
)

// IngestOptions say how a file is converted, cut and kept. Zero values leave the
// choice to the server.
type IngestOptions struct {
	option.Options

	// ContentType is what the source is, "" to have it found out.
	ContentType string
	// IdempotencyKey names this ingestion, so that it is made once however often it
	// is sent. "" makes one for the call.
	IdempotencyKey string
	// Progress is told how much of the upload has gone, from another goroutine and
	// often; it starts again when the upload does. total counts the whole request.
	Progress func(sent, total int64)
	// Resume is a folder that remembers uploads of large files, so that another process
	// goes on with one that was ended; "" for none.
	Resume string
}

// IngestFile uploads the file at path, streamed, and has it ingested. It may be
// repeated after a failure: the Idempotency-Key keeps it from being doubled. A file of
// Config.ResumableFrom or more is sent in pieces, where the server takes such.
func (c *Client) IngestFile(ctx context.Context, path string, o IngestOptions) (wire.Ingested, error) {
	if _, err := o.fields(); err != nil { // before the file is opened, which may be a pipe
		return wire.Ingested{}, err
	}
	f, err := open(path)
	if err != nil {
		return wire.Ingested{}, err
	}
	defer f.Close()
	return c.IngestOpened(ctx, f, o)
}

// IngestOpened is [Client.IngestFile] for a file that the caller has opened, and closes.
func (c *Client) IngestOpened(ctx context.Context, f *os.File, o IngestOptions) (wire.Ingested, error) {
	fields, err := o.fields()
	if err != nil {
		return wire.Ingested{}, err
	}
	info, err := f.Stat()
	if err != nil {
		return wire.Ingested{}, err
	}
	if info.Size() >= c.resumableFrom {
		out, err := c.ingestInPieces(ctx, f, info, fields, o)
		if !errors.Is(err, errNoUploads) {
			return out, err
		}
	}
	var out wire.Ingested
	err = c.upload(ctx, upload{
		route: "/api/v1/ingest/file", file: f, fields: fields,
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
	return ask[wire.Ingested](ctx, c, o.form("/api/v1/ingest/url", url.Values{"url": {address}}, fields))
}

// form is the call that hands in a source which is not in the call itself.
func (o IngestOptions) form(path string, source url.Values, fields []option.Field) *request {
	for _, f := range fields {
		source.Set(f.Name, f.Value)
	}
	body := source.Encode()
	return &request{
		method: http.MethodPost, path: path, header: http.Header{"Idempotency-Key": {cmp.Or(o.IdempotencyKey, rand.Text())}},
		body: func() io.Reader { return strings.NewReader(body) }, size: int64(len(body)), contentType: "application/x-www-form-urlencoded",
	}
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
func (o IngestOptions) fields() ([]option.Field, error) {
	fields, err := o.Options.Fields()
	if err == nil && o.ContentType != "" {
		fields = append(fields, option.Field{Name: "source_type", Value: o.ContentType})
	}
	return fields, err
}

// ProcessFile uploads a file to /api/v1/process in the mode convert or process,
// which returns when the conversion is done: ctx bounds that. progress may be nil.
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
	f, err := open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return c.upload(ctx, upload{
		route: "/api/v1/process", file: f, fields: []option.Field{{Name: "request_data", Value: string(data)}},
		silence: maxConversion, progress: progress,
	}, out)
}
