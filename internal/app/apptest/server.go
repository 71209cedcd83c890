// Package apptest runs the real server inside a test: on a free port of the loopback,
// over a folder of the test's own, with the settings' own defaults and nothing of the
// environment. Every answer is held against the server's own OpenAPI document.
package apptest

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"morag/internal/app"
	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/openapi/openapitest"
)

// Server is a running server and a client of it.
type Server struct {
	*client.Client
	URL      string
	Settings config.Server

	t    testing.TB
	log  *tail
	stop context.CancelFunc
	done chan error
}

// Settings are the defaults of `morag serve`, but for a folder of the test's own, a
// free port, and one content type, "selftest", that is converted remotely besides the
// usual ones.
func Settings(t testing.TB) config.Server {
	t.Helper()
	var s config.Server
	parser, err := kong.New(&s)
	if err != nil {
		t.Fatal(err)
	}
	for _, flag := range parser.Model.Flags {
		flag.Envs, flag.Tag.Envs = nil, nil
	}
	if _, err := parser.Parse(nil); err != nil {
		t.Fatal(err)
	}
	s.Addr = "127.0.0.1:0"
	s.DataDir = filepath.Join(t.TempDir(), "data")
	s.Engines.TempDir = t.TempDir()
	s.RemoteConversionEnabled = true
	s.RemoteContentTypes = append(s.RemoteContentTypes, "selftest")
	return s
}

// Start runs a server until the test ends.
func Start(t testing.TB, s config.Server) *Server {
	t.Helper()
	server, err := TryStart(t, s)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// Converter is the command of a process that converts: this test, whose TestMain calls
// [app.ServeConversions] when it gets the argument.
func Converter() []string { return []string{os.Args[0], "convert-engine"} }

// StartJailed is Start for a server that converts in processes of their own, as the program
// does; the others convert in the test's.
func StartJailed(t testing.TB, s config.Server) *Server {
	t.Helper()
	server, err := start(t, s, Converter())
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// TryStart is Start for settings that may be refused, as the program refuses them.
func TryStart(t testing.TB, s config.Server) (*Server, error) {
	t.Helper()
	return start(t, s, nil)
}

func start(t testing.TB, s config.Server, converter []string) (*Server, error) {
	t.Helper()
	if err := s.Validate(); err != nil {
		return nil, err
	}
	log := &tail{}
	undocumented := &findings{}
	inner, err := app.NewServer(t.Context(), app.ServerConfig{
		Settings: s, Version: "test", Converter: converter, Logger: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Around: func(h http.Handler) http.Handler { return openapitest.Watch(h, undocumented.add) },
	})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	server := &Server{URL: inner.URL(), Settings: s, t: t, log: log, stop: stop, done: make(chan error, 1)}
	go func() { server.done <- inner.Run(ctx) }()
	t.Cleanup(func() {
		server.Stop()
		for _, err := range undocumented.all() {
			t.Errorf("not as documented: %v", err)
		}
		if t.Failed() {
			t.Logf("the server's log:\n%s", log)
		}
	})
	if server.Client, err = client.New(client.Config{BaseURL: server.URL, CAFile: s.TLSCert, UserAgent: "apptest"}); err != nil {
		t.Fatal(err)
	}
	server.waitReady()
	return server, nil
}

// startTime is how long a server may take to be ready on a busy machine.
const startTime = time.Minute

func (s *Server) waitReady() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), startTime)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		state, err := s.Ready(ctx)
		if err == nil && state.Status == "ready" {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.t.Fatalf("the server is not ready: %v %v", state, err)
		}
	}
}

// Stop ends the server in order, as SIGTERM does, and waits for its end. Stopped again
// it does nothing.
func (s *Server) Stop() {
	s.t.Helper()
	s.stop()
	if err, ended := <-s.done; ended {
		close(s.done)
		if err != nil {
			s.t.Errorf("the server ended with %v", err)
		}
	}
	s.CloseIdle()
}

// Restart ends the server and starts one with the same settings, at another port.
func (s *Server) Restart() *Server {
	s.t.Helper()
	s.Stop()
	return Start(s.t, s.Settings)
}

// Log is the end of what the server has logged.
func (s *Server) Log() string { return s.log.String() }

// tail keeps the end of what is written.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 1 << 20

func (l *tail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if extra := len(l.text) - tailSize; extra > 0 {
		l.text = append(l.text[:0], l.text[extra:]...)
	}
	return len(p), nil
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimSpace(string(l.text))
}
