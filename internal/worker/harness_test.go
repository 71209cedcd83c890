package worker

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"morag/internal/client"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/wire"
)

func TestMain(m *testing.M) {
	if os.Getenv(childServer) != "" {
		child()
		return
	}
	goleak.VerifyTestMain(m)
}

// fakeConverter returns "text of <source>" unless told otherwise.
type fakeConverter struct {
	types []string

	mu   sync.Mutex
	f    conversion // mu guards both once a worker runs
	runs int
}

type conversion = func(context.Context, content.Source, convert.Options, convert.Progress) (*content.Document, error)

// become changes what conversions do from now on.
func (c *fakeConverter) become(f conversion) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.f = f
}

func (c *fakeConverter) Types() []string {
	if c.types != nil {
		return c.types
	}
	return []string{"audio", "document", "video", "web"}
}

func (c *fakeConverter) Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error) {
	c.mu.Lock()
	c.runs++
	f := c.f
	c.mu.Unlock()
	if f != nil {
		return f(ctx, src, opt, progress)
	}
	data, err := os.ReadFile(src.Path)
	if err != nil {
		return nil, err
	}
	return &content.Document{Content: "text of " + string(data), Metadata: map[string]any{}}, nil
}

func (c *fakeConverter) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.runs
}

// takes is a conversion that lasts, and ends with its context.
func takes(d time.Duration) conversion {
	return func(ctx context.Context, src content.Source, _ convert.Options, _ convert.Progress) (*content.Document, error) {
		select {
		case <-time.After(d):
			return &content.Document{Content: "slow text", Metadata: map[string]any{}}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// stage is a bubble with a server and the means to run workers in it.
type stage struct {
	t    *testing.T
	srv  *fakeServer
	net  pipes
	conv *fakeConverter
	cfg  Config
	log  *logBuffer
	wrap func(API) API // nil for none
	end  func()        // ends the worker that was started last
}

// logBuffer keeps the log; it is safe for concurrent use.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// play runs a test in a bubble.
func play(t *testing.T, f func(s *stage)) {
	t.Helper()
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		log := &logBuffer{}
		s := &stage{
			t: t, srv: newFakeServer(), conv: &fakeConverter{}, log: log,
			net: pipes{make(chan net.Conn), make(chan struct{})},
			cfg: Config{
				ID: "w1", Server: "http://server", ContentTypes: []string{"audio", "document", "web"},
				PollInterval: 10 * time.Second, MaxJobs: 2, TempDir: dir,
				Lease: time.Minute, Wait: 30 * time.Second, Grace: 30 * time.Second,
				Log:       slog.New(slog.NewTextHandler(log, nil)),
				FreeSpace: func(string) (int64, error) { return math.MaxInt64 / 2, nil },
			},
		}
		serving, stop := context.WithCancel(context.Background())
		server := &http.Server{
			Handler: s.srv, BaseContext: func(net.Listener) context.Context { return serving },
			ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0),
		}
		go server.Serve(s.net)
		f(s)
		stop()
		close(s.net.closed)
		server.Close()
		<-time.After(time.Second) // net/http lingers that long over a connection it ends
		if t.Failed() {
			t.Log(log)
		}
	})
}

// runner is a worker at work.
type runner struct {
	*Worker
	cancel context.CancelFunc
	done   chan error
	client *client.Client
}

func (s *stage) client() *client.Client {
	c, err := client.New(client.Config{
		BaseURL: "http://server", APIKey: "secret",
		HTTPClient: &http.Client{Transport: &http.Transport{DialContext: s.net.dial, MaxIdleConnsPerHost: 8}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *stage) start(change ...func(*Config)) *runner {
	s.t.Helper()
	cfg := s.cfg
	for _, f := range change {
		f(&cfg)
	}
	ctx, cancel := context.WithCancel(s.t.Context())
	s.end = cancel
	c := s.client()
	var api API = c
	if s.wrap != nil {
		api = s.wrap(api)
	}
	w, err := New(cfg, api, s.conv)
	if err != nil {
		s.t.Fatal(err)
	}
	r := &runner{Worker: w, cancel: cancel, done: make(chan error, 1), client: c}
	go func() {
		r.done <- w.Run(ctx)
		c.CloseIdle()
	}()
	return r
}

// end drains the worker.
func (r *runner) end() error {
	r.cancel()
	return <-r.done
}

// run works for a while and then ends the worker.
func (s *stage) run(d time.Duration, change ...func(*Config)) {
	s.t.Helper()
	r := s.start(change...)
	<-time.After(d)
	if err := r.end(); err != nil {
		s.t.Error(err)
	}
}

// left are the job folders in the spools.
func (s *stage) left() []string {
	s.t.Helper()
	dirs, err := filepath.Glob(filepath.Join(s.cfg.TempDir, "on-*", "*"))
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, d := range dirs {
		if filepath.Base(d) != lockFile {
			names = append(names, filepath.Base(d))
		}
	}
	return names
}

func (s *stage) wantLeft(names ...string) {
	s.t.Helper()
	if got := s.left(); strings.Join(got, " ") != strings.Join(names, " ") {
		s.t.Errorf("in the spool: %v, want %v", got, names)
	}
}

// snapshot is the disk as a kill at this moment would leave it, as the temporary
// folder of another start.
func (s *stage) snapshot() string {
	s.t.Helper()
	dir := s.t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(s.cfg.TempDir)); err != nil {
		s.t.Fatal(err)
	}
	return dir
}

// death ends a worker and returns the disk as a kill would have left it.
func (s *stage) death(r *runner) (dir string) {
	s.t.Helper()
	dir = s.snapshot()
	r.cancel()
	r.Stop()
	<-r.done
	return dir
}

// result is the one result a job got.
func (s *stage) result(j *fakeJob) wire.JobResult {
	s.t.Helper()
	var results []wire.JobResult
	s.srv.do(func() { results = j.results })
	if len(results) != 1 {
		s.t.Errorf("job %s got %d results, want 1", j.id, len(results))
		return wire.JobResult{}
	}
	return results[0]
}

// said is the text of a result, "" without one.
func said(r wire.JobResult) string {
	if r.Content == nil {
		return ""
	}
	return *r.Content
}

func (s *stage) wantLog(times int, line string) {
	s.t.Helper()
	if n := strings.Count(s.log.String(), line); n != times {
		s.t.Errorf("%q is logged %d times, want %d", line, n, times)
	}
}

var errBroken = errors.New("broken")
