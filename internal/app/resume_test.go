package app_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/option"
)

// outgoing counts the bytes of pieces that go out, and ends something after so many.
type outgoing struct {
	http.RoundTripper
	calls atomic.Int64
	sent  atomic.Int64
	most  int64
	end   func()
}

func (o *outgoing) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPatch {
		o.calls.Add(1)
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(r.Body, writer(func(p []byte) (int, error) {
			if n := o.sent.Add(int64(len(p))); o.end != nil && n > o.most {
				o.end()
			}
			return len(p), nil
		})), r.Body}
	}
	return o.RoundTripper.RoundTrip(r)
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// A client that ends in the middle of a large file, and comes back as another process,
// sends no more than one piece again, and the whole file is ingested.
func TestUploadIsResumed(t *testing.T) {
	t.Parallel()
	const piece, pieces = 256 << 10, 16
	s := apptest.Start(t, apptest.Settings(t))
	line := "The heron stands in the shallows until the tide turns.\n"
	text := strings.Repeat(line, piece*pieces/len(line)) + "The lighthouse keeper saw the otter."
	file, resume := write(t, "long.txt", text), filepath.Join(t.TempDir(), "notes")
	send := func(ctx context.Context, carrier *outgoing) (string, error) {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		defer transport.CloseIdleConnections()
		carrier.RoundTripper = transport
		c, err := client.New(client.Config{BaseURL: s.URL, HTTPClient: &http.Client{Transport: carrier}, ResumableFrom: piece, PieceSize: piece})
		if err != nil {
			t.Fatal(err)
		}
		made, err := c.IngestFile(ctx, file, client.IngestOptions{Options: option.Options{DocumentID: "long"}, Resume: resume})
		return made.TaskID, err
	}
	ctx, cancel := context.WithCancel(t.Context())
	first := &outgoing{most: piece*pieces/2 + piece/2, end: cancel}
	if _, err := send(ctx, first); !errors.Is(err, context.Canceled) {
		t.Fatalf("in the middle: %v", err)
	}
	eventually(t, "the server notices that the client is gone", func() bool {
		return strings.Count(s.Log(), `route="PATCH`) >= int(first.calls.Load())
	})
	second := &outgoing{}
	task, err := send(t.Context(), second)
	if err != nil {
		t.Fatal(err)
	}
	all := first.sent.Load() + second.sent.Load()
	if size := int64(len(text)); second.sent.Load() >= size || all > size+piece {
		t.Errorf("sent %d and %d bytes of %d: more than one piece of %d twice", first.sent.Load(), second.sent.Load(), size, piece)
	}
	succeeded(t, s, task)
	var source bytes.Buffer
	got, err := http.Get(s.URL + "/api/v1/documents/long/source")
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if _, err := source.ReadFrom(got.Body); err != nil || source.String() != text {
		t.Errorf("the source differs: %d bytes, %v", source.Len(), err)
	}
	if notes, err := os.ReadDir(resume); err != nil || len(notes) != 0 {
		t.Errorf("what is remembered: %v, %v", notes, err)
	}
}
