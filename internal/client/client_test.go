package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"morag/internal/client"
	"morag/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a server and a client of it.
func serve(t *testing.T, h http.HandlerFunc, change ...func(*client.Config)) *client.Client {
	t.Helper()
	srv := httptest.NewServer(h)
	cfg := client.Config{BaseURL: srv.URL, APIKey: "secret"}
	for _, f := range change {
		f(&cfg)
	}
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	t.Cleanup(c.CloseIdle)
	return c
}

// inBubble serves h on connections in memory, so that time in the bubble is all
// that passes.
func inBubble(t *testing.T, h http.HandlerFunc, change ...func(*client.Config)) *client.Client {
	t.Helper()
	conns := make(chan net.Conn)
	closed := make(chan struct{})
	// A handler that reads no body is not told when its client has left.
	serving, stop := context.WithCancel(context.Background())
	srv := &http.Server{Handler: h, BaseContext: func(net.Listener) context.Context { return serving }}
	go srv.Serve(listener{conns, closed})
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		near, far := net.Pipe()
		select {
		case conns <- far:
			return near, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	cfg := client.Config{BaseURL: "http://server", HTTPClient: &http.Client{Transport: transport}}
	for _, f := range change {
		f(&cfg)
	}
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.CloseIdle()
		stop()
		close(closed)
		srv.Close()
		<-time.After(time.Second) // net/http lingers that long over a connection it ends
	})
	return c
}

type listener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}
func (l listener) Close() error   { return nil }
func (l listener) Addr() net.Addr { return &net.TCPAddr{} }

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func TestNewRefusesWhatIsNoServer(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "localhost:8000", "ftp://x", "http://", "http://u:p@x", "http://x?y=1", "http://x#y", "http://a b"} {
		if _, err := client.New(client.Config{BaseURL: base}); err == nil {
			t.Errorf("New took %q", base)
		} else if strings.Contains(err.Error(), "u:p") {
			t.Errorf("the password is in %q", err)
		}
	}
	if _, err := client.New(client.Config{BaseURL: "http://x", APIKey: "a\nb"}); err == nil {
		t.Error("New took a key with a line break")
	}
	c, err := client.New(client.Config{BaseURL: " https://x/morag// "})
	if err != nil || c.BaseURL() != "https://x/morag" {
		t.Errorf("BaseURL = %v, %v", c, err)
	}
}

func TestCallSaysWhoItIsAndKeepsThePrefix(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer secret" {
			t.Errorf("Authorization = %q", got)
		}
		if got := r.Header.Get("User-Agent"); got != "morag/1" {
			t.Errorf("User-Agent = %q", got)
		}
		if r.URL.Path != "/under/health" {
			t.Errorf("path = %q", r.URL.Path)
		}
		answer(w, 200, wire.Health{Status: "healthy", Version: "1.2"})
	}, func(cfg *client.Config) { cfg.BaseURL += "/under/"; cfg.UserAgent = "morag/1" })
	h, err := c.Health(t.Context())
	if err != nil || h.Version != "1.2" {
		t.Fatalf("Health = %+v, %v", h, err)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		status    int
		header    map[string]string
		body      string
		detail    string
		after     time.Duration
		temporary bool
	}{
		{name: "detail", status: 404, body: `{"detail":"no such task"}`, detail: "no such task"},
		{name: "list of the original", status: 422, body: `{"detail": [{"loc": ["body"], "msg": "bad"}]}`, detail: `[{"loc":["body"],"msg":"bad"}]`},
		{name: "not JSON", status: 413, body: "<html>", detail: "request entity too large"},
		{name: "control characters", status: 409, body: `{"detail":"a\u001b[31mb\nc"}`, detail: "a [31mb c"},
		{name: "long", status: 400, body: `{"detail":"` + strings.Repeat("ä", 4000) + `"}`, detail: strings.Repeat("ä", 500)},
		{name: "seconds", status: 429, header: map[string]string{"Retry-After": "61"}, detail: "too many requests", after: 61 * time.Second, temporary: true},
		{name: "date", status: 503, header: map[string]string{"Retry-After": "Thu, 01 Jan 1970 00:02:00 GMT", "Date": "Thu, 01 Jan 1970 00:00:30 GMT"}, detail: "service unavailable", after: 90 * time.Second, temporary: true},
		{name: "for ever", status: 429, header: map[string]string{"Retry-After": "999999999"}, detail: "too many requests", after: time.Hour, temporary: true},
		{name: "nonsense", status: 401, header: map[string]string{"Retry-After": "soon"}, detail: "unauthorized"},
		{name: "redirect", status: 307, header: map[string]string{"Location": "https://elsewhere/x"}, detail: "the server redirects to https://elsewhere/x: use its real address"},
		{name: "unknown status", status: 599, detail: "the server refused", temporary: true},
		{name: "not implemented", status: 501, detail: "not implemented"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				for k, v := range test.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(test.status)
				io.WriteString(w, test.body)
			}, func(cfg *client.Config) { cfg.Retries = -1 })
			_, err := c.Task(t.Context(), "t")
			e, ok := errors.AsType[*client.APIError](err)
			if !ok {
				t.Fatalf("err = %v", err)
			}
			if e.Status != test.status || e.Detail != test.detail || e.RetryAfter != test.after {
				t.Errorf("got %d %q after %v", e.Status, e.Detail, e.RetryAfter)
			}
			if client.IsTemporary(err) != test.temporary {
				t.Errorf("IsTemporary = %v", !test.temporary)
			}
			if calls.Load() != 1 {
				t.Errorf("%d calls", calls.Load())
			}
		})
	}
}

func TestNetworkErrorHidesTheQuery(t *testing.T) {
	t.Parallel()
	c, err := client.New(client.Config{BaseURL: "http://127.0.0.1:1", Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Poll(t.Context(), client.Poll{WorkerID: "sesame"})
	if !client.IsTemporary(err) || strings.Contains(err.Error(), "sesame") {
		t.Errorf("err = %v", err)
	}
	if !strings.HasPrefix(err.Error(), "GET /api/v1/remote-jobs/poll: ") {
		t.Errorf("err = %v", err)
	}
}

func TestOnlyHarmlessCallsAreRepeated(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		call func(context.Context, *client.Client) error
		want int32
	}{
		{"status", func(ctx context.Context, c *client.Client) error { _, err := c.Task(ctx, "t"); return err }, 4},
		{"search", func(ctx context.Context, c *client.Client) error { _, err := c.Search(ctx, wire.Search{}); return err }, 4},
		{"cancel", func(ctx context.Context, c *client.Client) error { return c.CancelTask(ctx, "t") }, 4},
		{"create", func(ctx context.Context, c *client.Client) error {
			_, err := c.CreateJob(ctx, wire.JobCreate{})
			return err
		}, 4},
		{"content", func(ctx context.Context, c *client.Client) error {
			_, err := c.DocumentContent(ctx, "d")
			return err
		}, 4},
		{"poll", func(ctx context.Context, c *client.Client) error { _, err := c.Poll(ctx, client.Poll{}); return err }, 1},
		{"heartbeat", func(ctx context.Context, c *client.Client) error {
			_, err := c.Heartbeat(ctx, "j", wire.Heartbeat{})
			return err
		}, 1},
		{"result", func(ctx context.Context, c *client.Client) error {
			_, err := c.PutResult(ctx, "j", strings.NewReader("{}"), 2)
			return err
		}, 1},
		{"release", func(ctx context.Context, c *client.Client) error {
			_, err := c.ReleaseJob(ctx, "j", wire.JobChange{})
			return err
		}, 1},
		{"retry", func(ctx context.Context, c *client.Client) error { return c.RetryTask(ctx, "t") }, 1},
		{"delete", func(ctx context.Context, c *client.Client) error { return c.DeleteDocument(ctx, "d") }, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int32
				keys := map[string]bool{}
				c := inBubble(t, func(w http.ResponseWriter, r *http.Request) {
					calls.Add(1)
					keys[r.Header.Get("Idempotency-Key")] = true
					answer(w, 503, wire.Error{Detail: "later"})
				})
				if err := test.call(t.Context(), c); !client.IsStatus(err, 503) {
					t.Fatalf("err = %v", err)
				}
				if calls.Load() != test.want {
					t.Errorf("%d calls, want %d", calls.Load(), test.want)
				}
				if len(keys) != 1 {
					t.Errorf("keys %v: the same call must keep its own", keys)
				}
			})
		})
	}
}

func TestRepeatWaitsAsAskedAndRecovers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c := inBubble(t, func(w http.ResponseWriter, r *http.Request) {
			if calls++; calls == 1 {
				w.Header().Set("Retry-After", "20")
				answer(w, 429, wire.Error{Detail: "slow down"})
				return
			}
			answer(w, 200, wire.Health{Status: "healthy"})
		})
		start := time.Now()
		if _, err := c.Health(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 20*time.Second || took > 21*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestIdsNeverLeaveTheirFolder(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.EscapedPath() != "/api/v1/remote-jobs/..%2F..%2Fx%3Fy" {
			t.Errorf("path = %q", r.URL.EscapedPath())
		}
		answer(w, 404, wire.Error{Detail: "no such job"})
	})
	if _, err := c.Job(t.Context(), "../../x?y"); !client.IsNotFound(err) {
		t.Errorf("err = %v", err)
	}
	for _, id := range []string{"", ".", ".."} {
		if _, err := c.Job(t.Context(), id); err == nil || client.StatusOf(err) != 0 {
			t.Errorf("id %q was sent: %v", id, err)
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"tasks": [`+strings.Repeat(" ", 2000)+`]}`)
	}, func(cfg *client.Config) { cfg.MaxAnswer = 1000 })
	if _, err := c.Tasks(t.Context(), client.TaskFilter{}); !errors.Is(err, client.ErrTooLarge) {
		t.Errorf("err = %v", err)
	}
}

func TestStrangerIsRecognised(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>welcome to the hotel") })
	if _, err := c.Health(t.Context()); !errors.Is(err, client.ErrNotMoRAG) {
		t.Errorf("err = %v", err)
	}
}

func TestReadyTellsWhatIsNot(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		answer(w, 503, wire.Ready{Status: "unavailable", Parts: map[string]string{"index": "loading"}})
	})
	got, err := c.Ready(t.Context())
	if err != nil || got.Parts["index"] != "loading" {
		t.Errorf("Ready = %+v, %v", got, err)
	}
}

func TestSilentServerIsGivenUp(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		handler http.HandlerFunc
		call    func(context.Context, *client.Client) error
		want    time.Duration
	}{
		{"before the answer", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			func(ctx context.Context, c *client.Client) error { _, err := c.Health(ctx); return err }, 10 * time.Second},
		{"long poll", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			func(ctx context.Context, c *client.Client) error {
				_, err := c.Poll(ctx, client.Poll{Wait: 30 * time.Second})
				return err
			}, 40 * time.Second},
		{"within the answer", func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `{"status":`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, func(ctx context.Context, c *client.Client) error { _, err := c.Health(ctx); return err }, 10 * time.Second},
		{"while it should read", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			func(ctx context.Context, c *client.Client) error {
				body := strings.NewReader(strings.Repeat("x", 1<<19))
				_, err := c.PutResult(ctx, "j", body, 1<<19)
				return err
			}, 10 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := inBubble(t, test.handler, func(cfg *client.Config) {
					cfg.IdleTimeout = 10 * time.Second
					cfg.Retries = -1
				})
				start := time.Now()
				err := test.call(t.Context(), c)
				if !errors.Is(err, client.ErrStalled) || !client.IsTemporary(err) {
					t.Errorf("err = %v", err)
				}
				if took := time.Since(start); took != test.want {
					t.Errorf("took %v, want %v", took, test.want)
				}
			})
		})
	}
}

func TestCallerWhoLeavesIsNotANetworkError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := inBubble(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := c.Health(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || client.IsTemporary(err) {
			t.Errorf("err = %v", err)
		}
	})
}

func TestSlowButSteadyAnswerIsRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := inBubble(t, func(w http.ResponseWriter, r *http.Request) {
			for _, piece := range []string{`{"status"`, `:`, `"healthy"`, `}`} {
				<-time.After(9 * time.Second)
				io.WriteString(w, piece)
				w.(http.Flusher).Flush()
			}
		}, func(cfg *client.Config) { cfg.IdleTimeout = 10 * time.Second })
		if h, err := c.Health(t.Context()); err != nil || h.Status != "healthy" {
			t.Errorf("Health = %+v, %v", h, err)
		}
	})
}

func TestOriginalServersTimesMeanUTC(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"job_id":"j","status":"processing","worker_id":"w","created_at":"2024-05-06T07:08:09.123456","started_at":"2024-05-06T07:08:10","completed_at":null,"retry_count":0}`)
	})
	got, err := c.JobStatus(t.Context(), "j")
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2024, 5, 6, 7, 8, 9, 123456000, time.UTC); !got.CreatedAt.Equal(want) || got.CompletedAt != nil || *got.WorkerID != "w" {
		t.Errorf("status = %+v", got)
	}
}

func TestWaitTaskFollowsATaskThroughARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c := inBubble(t, func(w http.ResponseWriter, r *http.Request) {
			calls++
			switch {
			case calls == 1:
				answer(w, 200, wire.Task{Status: "PENDING"})
			case calls < 4:
				answer(w, 200, wire.Task{Status: "PROGRESS", Progress: 0.3})
			case calls < 12:
				answer(w, 502, nil)
			default:
				answer(w, 200, wire.Task{Status: "FAILURE", Progress: 0.3, Error: new("broken")})
			}
		}, func(cfg *client.Config) { cfg.Retries = -1 })
		var seen []string
		task, err := c.WaitTask(t.Context(), "t", func(task wire.Task) { seen = append(seen, task.Status) })
		if err != nil || task.Status != "FAILURE" {
			t.Fatalf("task = %+v, %v", task, err)
		}
		if got := strings.Join(seen, " "); got != "PENDING PROGRESS FAILURE" {
			t.Errorf("changes: %s", got)
		}
	})
}

func TestWaitTaskGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		status := 503
		c := inBubble(t, func(w http.ResponseWriter, r *http.Request) { answer(w, status, nil) },
			func(cfg *client.Config) { cfg.Retries = -1 })
		start := time.Now()
		if _, err := c.WaitTask(t.Context(), "t", nil); !client.IsStatus(err, 503) || time.Since(start) < 2*time.Minute {
			t.Errorf("err = %v after %v", err, time.Since(start))
		}
		status = 404
		if _, err := c.WaitTask(t.Context(), "t", nil); !client.IsNotFound(err) {
			t.Errorf("err = %v", err)
		}
	})
}
