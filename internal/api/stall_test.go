package api

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// stalling is a connection to a server that lets nothing stall for long. served is closed when
// GET /write, which writes without end, has given up.
func stalling(t *testing.T, stall time.Duration) (conn net.Conn, served <-chan struct{}) {
	t.Helper()
	s := New(Config{AnyHost: true})
	s.stall = stall
	s.mux.HandleFunc("POST /read", func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		fmt.Fprintf(w, "%d %v", n, errors.Is(err, os.ErrDeadlineExceeded))
	})
	s.mux.HandleFunc("POST /wait", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
			fmt.Fprint(w, "the caller has left")
		case <-time.After(4 * stall):
			fmt.Fprint(w, "the caller has waited")
		}
	})
	left := make(chan struct{})
	s.mux.HandleFunc("GET /write", func(w http.ResponseWriter, _ *http.Request) {
		defer close(left)
		for range 1 << 20 { // more than any socket's buffers take
			if _, err := w.Write(make([]byte, 512)); err != nil {
				return
			}
		}
	})
	server := httptest.NewServer(s)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		server.Close()
	})
	return conn, left
}

// nextBody is the body of the next answer on a connection.
func nextBody(t *testing.T, conn net.Conn) string {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestABodyThatStopsIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	conn, _ := stalling(t, 50*time.Millisecond)
	fmt.Fprint(conn, "POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf of it")
	if got := nextBody(t, conn); got != "10 true" {
		t.Errorf("the handler read %q, want 10 bytes and an end of its time", got)
	}
}

func TestABodyThatNobodyReadsIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	conn, _ := stalling(t, time.Second)
	fmt.Fprint(conn, "GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf of it")
	if got := nextBody(t, conn); !strings.Contains(got, "healthy") {
		t.Errorf("answered %q", got)
	}
	if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the connection is not closed: %v", err)
	}
}

func TestAnAnswerIsWaitedFor(t *testing.T) {
	t.Parallel()
	conn, _ := stalling(t, 50*time.Millisecond)
	for range 2 { // the second on a connection that had bounds
		fmt.Fprint(conn, "POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok")
		if got := nextBody(t, conn); got != "the caller has waited" {
			t.Fatalf("%q", got)
		}
	}
}

func TestACallerThatReadsNothingIsLeft(t *testing.T) {
	t.Parallel()
	conn, left := stalling(t, 50*time.Millisecond)
	fmt.Fprint(conn, "GET /write HTTP/1.1\r\nHost: x\r\n\r\n")
	select {
	case <-left:
	case <-time.After(time.Minute):
		t.Error("the handler still writes")
	}
}
