package e2e

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"morag/internal/client"
	"morag/internal/option"
)

// streamMayHold is more than a stream takes on a machine that has much else to do, where
// what was needed to open a thousand of them is given back late, and much less than one
// that keeps what it sends.
const streamMayHold = 64 << 10

// TestIdleStreams has a thousand listeners hear of a task: they cost little while nothing
// happens, and all of them hear of its end.
func TestIdleStreams(t *testing.T) {
	t.Parallel()
	const streams = 1000
	s, task := serveWaiting(t)
	l := listenersOf(t, s, task, streams)
	if each := l.each(); each > streamMayHold {
		t.Errorf("a stream takes %d bytes, want less than %d", each, streamMayHold)
	}
	if err := s.CancelTask(t.Context(), task); err != nil {
		t.Fatal(err)
	}
	for i, conn := range l.conns {
		if heard := heard(conn, "event: end"); !bytes.Contains(heard, []byte(`"status":"REVOKED"`)) {
			t.Fatalf("listener %d heard %.300q", i, heard)
		}
	}
}

// BenchmarkIdleStreams measures the memory of a server to which ten thousand listen, which
// is to be less than mayHold.
func BenchmarkIdleStreams(b *testing.B) {
	for b.Loop() {
		s, task := serveWaiting(b)
		l := listenersOf(b, s, task, idlePolls)
		b.ReportMetric(float64(l.after)/1e6, "MB")
		b.ReportMetric(float64(l.each()), "bytes/stream")
		if l.after > mayHold {
			b.Errorf("%d streams take %d bytes, %d of them from before, want less than %d", idlePolls, l.after, l.before, mayHold)
		}
		l.hangUp()
	}
	b.ReportMetric(0, "ns/op") // it is not about time
}

// serveWaiting is a server with a task that waits for a worker.
func serveWaiting(t testing.TB) (s *server, task string) {
	t.Helper()
	s = serve(t, "--remote-content-types", "own")
	file := filepath.Join(t.TempDir(), "talk.txt")
	if err := os.WriteFile(file, []byte("sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	made, err := s.IngestFile(t.Context(), file, client.IngestOptions{ContentType: "own", Options: option.Options{Remote: true, NoFallback: true}})
	if err != nil {
		t.Fatal(err)
	}
	return s, made.TaskID
}

// listenersOf are many streams of one task, each on a connection of its own, that have
// heard how it is.
func listenersOf(t testing.TB, s *server, task string, n int) *line {
	t.Helper()
	manyFiles(t, n+1000)
	at, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	l := &line{before: s.resident()}
	t.Cleanup(l.hangUp)
	for range n {
		conn, err := net.Dial("tcp", at.Host)
		if err != nil {
			t.Fatal(err)
		}
		l.conns = append(l.conns, conn)
		if _, err := fmt.Fprintf(conn, "GET /api/v1/status/%s/events HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n\r\n", task, at.Host); err != nil {
			t.Fatal(err)
		}
	}
	for i, conn := range l.conns {
		if heard := heard(conn, "event: status"); !bytes.HasPrefix(heard, []byte("HTTP/1.1 200")) {
			t.Fatalf("stream %d begins with %.300q", i, heard)
		}
	}
	l.after = s.resident()
	return l
}

// heard is what comes until the words have come and the line that follows them has, too.
func heard(conn net.Conn, words string) []byte {
	_ = conn.SetReadDeadline(time.Now().Add(stepTime))
	var all []byte
	part := make([]byte, 4096)
	for {
		n, err := conn.Read(part)
		all = append(all, part[:n]...)
		if i := bytes.Index(all, []byte(words)); err != nil || i >= 0 && bytes.Contains(all[i:], []byte("\n\n")) {
			return all
		}
	}
}
