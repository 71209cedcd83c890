package client

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode"

	"morag/internal/option"
)

// maxConversion is how long an answer may be silent when it brings a conversion
// with it; the caller's context is the sharper bound.
const maxConversion = 6 * time.Hour

// upload is one multipart form to be sent.
type upload struct {
	route    string
	file     *os.File
	fields   []option.Field
	key      string        // its Idempotency-Key; "" makes one
	silence  time.Duration // allowed between its end and the answer; 0: the client's
	progress func(sent, total int64)
}

// upload sends a form. Only its frame is in memory, not the file. The answer may
// carry a whole text.
func (c *Client) upload(ctx context.Context, up upload, out any) error {
	info, err := up.file.Stat()
	if err != nil {
		return err
	}
	head, tail, contentType, err := frame(up.fields, filepath.Base(up.file.Name()))
	if err != nil {
		return err
	}
	total := int64(len(head)) + info.Size() + int64(len(tail))
	r := &request{
		method:      http.MethodPost,
		path:        up.route,
		header:      http.Header{"Idempotency-Key": {cmp.Or(up.key, rand.Text())}},
		size:        total,
		contentType: contentType,
		limit:       c.maxAnswer,
		silence:     up.silence,
	}
	progress := &gate{tell: up.progress}
	defer progress.close()
	r.body = func() io.Reader {
		whole := io.MultiReader(bytes.NewReader(head), io.NewSectionReader(up.file, 0, info.Size()), bytes.NewReader(tail))
		return &counted{Reader: whole, total: total, progress: progress}
	}
	return c.do(ctx, r, out)
}

// open opens a regular file.
func open(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// frame makes what stands before and after the file's bytes in the form.
func frame(fields []option.Field, name string) (head, tail []byte, contentType string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range fields {
		if err := w.WriteField(f.Name, f.Value); err != nil {
			return nil, nil, "", fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	// No header may hold a control character, a file's name may.
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '_'
		}
		return r
	}, name)
	_, err = w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition("file", name)},
		"Content-Type":        {"application/octet-stream"},
	})
	if err != nil {
		return nil, nil, "", fmt.Errorf("field file: %w", err)
	}
	start := b.Len()
	if err := w.Close(); err != nil {
		return nil, nil, "", err
	}
	whole := b.Bytes()
	return whole[:start:start], whole[start:], w.FormDataContentType(), nil
}

// counted tells its progress.
type counted struct {
	io.Reader
	done, total int64
	progress    *gate
}

func (r *counted) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.done += int64(n)
	r.progress.pass(r.done, r.total)
	return n, err
}

// gate lets progress through until it is closed: the transport may go on reading a
// body for a moment after the answer.
type gate struct {
	mu   sync.Mutex
	tell func(done, total int64) // mu guards it
}

func (g *gate) pass(done, total int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tell != nil {
		g.tell(done, total)
	}
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.tell = nil
}
