package api

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/ingest"
	"morag/internal/task"
)

// taken is an answer whose connection can be taken out of its handler.
type taken struct {
	http.ResponseWriter
	conn net.Conn
}

func (w *taken) Hijack() (net.Conn, *bufio.ReadWriter, error) { return w.conn, nil, nil }

// openApart opens a stream of a task on a connection of its own and returns the other end.
func openApart(t *testing.T, s *streams, changed chan struct{}, look func(context.Context) (ingest.View, error)) (reader net.Conn, ended chan struct{}) {
	t.Helper()
	reader, ours := net.Pipe()
	ended = make(chan struct{})
	w := &taken{httptest.NewRecorder(), ours}
	if err := s.serve(w, httptest.NewRequest("GET", "/", nil), &taskTeller{look: look, changed: changed}, func() { close(ended) }); err != nil {
		t.Fatal(err)
	}
	return reader, ended
}

func queued(context.Context) (ingest.View, error) { return view(1, task.Queued, 0), nil }

// A stream on a connection of its own is an answer of HTTP, and ends with the server.
func TestStreamApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStreams(4, time.Now, slog.New(slog.DiscardHandler))
		reader, ended := openApart(t, s, make(chan struct{}, 1), queued)
		resp, err := http.ReadResponse(bufio.NewReader(reader), nil)
		if err != nil {
			t.Fatal(err)
		}
		h := resp.Header
		if resp.StatusCode != 200 || h.Get("Content-Type") != eventMedia || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Date") == "" || !resp.Close {
			t.Errorf("%s %v, closes: %t", resp.Status, h, resp.Close)
		}
		go func() {
			time.Sleep(commentEvery + time.Second) // the bubble's clock
			s.stop(context.Background())
		}()
		body, err := io.ReadAll(resp.Body)
		if got := eventNames(string(body)); err != nil || got != "status 1, comment" {
			t.Errorf("%s (%v)", got, err)
		}
		<-ended
		if s.enter() {
			t.Error("a stream begins at a server that stops")
		}
	})
}

// What fails before anything was told is an answer, too.
func TestStreamApartIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStreams(4, time.Now, slog.New(slog.DiscardHandler))
		s.refuse = (&Server{}).refuse
		reader, ended := openApart(t, s, nil, func(context.Context) (ingest.View, error) { return ingest.View{}, task.ErrNotFound })
		resp, err := http.ReadResponse(bufio.NewReader(reader), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 404 || resp.Header.Get("Content-Type") != "application/json" || !bytes.HasPrefix(body, []byte(`{"detail":"`)) {
			t.Errorf("%s %v %s (%v)", resp.Status, resp.Header, body, err)
		}
		<-ended
	})
}

// Who takes nothing of what it is sent is dropped, and the log says so; who leaves, too.
func TestStreamsDropReaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := newStreams(4, time.Now, slog.New(slog.NewTextHandler(&log, nil)))
		begun := time.Now()
		_, ended := openApart(t, s, nil, queued)
		<-ended
		if took := time.Since(begun); took != takeWithin {
			t.Errorf("who takes nothing was dropped after %v, want %v", took, takeWithin)
		}
		if !strings.Contains(log.String(), "its reader takes nothing") {
			t.Errorf("the log says %q", log.String())
		}
		log.Reset()
		reader, ended := openApart(t, s, nil, queued)
		if _, err := bufio.NewReader(reader).ReadString('}'); err != nil {
			t.Fatal(err)
		}
		reader.Close()
		<-ended
		if log.Len() > 0 {
			t.Errorf("of one who left the log says %q", log.String())
		}
	})
}
