package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"morag/internal/task"
	"morag/internal/task/memstore"
	"morag/internal/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a deliverer that runs, over a store in memory.
type bench struct {
	*testing.T
	*webhook.Deliverer
	store *memstore.Store
	clock *clock
	wake  chan struct{} // has the deliverer look again
	log   *syncBuffer
	stop  func() // and wait for its end
}

// clock is the true time, moved by hand.
type clock struct {
	mu     sync.Mutex
	offset time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset).UTC()
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// newBench runs a deliverer until the test ends. wrap, which may be nil, comes between
// it and the store.
func newBench(t *testing.T, client *http.Client, wrap func(webhook.Store) webhook.Store) *bench {
	t.Helper()
	return newResolvingBench(t, client, nil, wrap)
}

// newResolvingBench is newBench with a directory of hosts; one that is not in there cannot
// be resolved.
func newResolvingBench(t *testing.T, client *http.Client, hosts func(host string) string, wrap func(webhook.Store) webhook.Store) *bench {
	t.Helper()
	var resolve func(context.Context, string) ([]netip.Addr, error)
	if hosts != nil {
		resolve = func(_ context.Context, host string) ([]netip.Addr, error) {
			at, err := netip.ParseAddr(hosts(host))
			return []netip.Addr{at}, err
		}
	}
	b := &bench{T: t, clock: &clock{}, log: &syncBuffer{}, wake: make(chan struct{}, 1)}
	b.store = memstore.New(b.clock.now)
	store := webhook.Store(woken{b.store, b.wake})
	if wrap != nil {
		store = wrap(store)
	}
	b.Deliverer = webhook.New(webhook.Config{
		Tasks: store, Client: client, Resolve: resolve, Version: "1.2", Now: b.clock.now, Logger: slog.New(slog.NewTextHandler(b.log, nil)),
	})
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		b.Deliverer.Run(ctx)
	}()
	b.stop = func() { cancel(); <-ran }
	t.Cleanup(b.stop)
	return b
}

// advance moves the clock and has the deliverer look what is due now.
func (b *bench) advance(d time.Duration) {
	b.clock.advance(d)
	b.wake <- struct{}{}
}

// woken is a store whose hints the test gives, too.
type woken struct {
	webhook.Store
	wake <-chan struct{}
}

func (s woken) Wake(ctx context.Context, of task.Hint) <-chan struct{} {
	hints, all := s.Store.Wake(ctx, of), make(chan struct{})
	go func() {
		for {
			select {
			case <-hints:
			case <-s.wake:
			case <-ctx.Done():
				return
			}
			select {
			case all <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return all
}

// plain follows no redirect.
func plain() *http.Client {
	return &http.Client{
		Transport:     &http.Transport{MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// follow is a client that follows redirects as net/http does.
func follow() *http.Client { return &http.Client{Transport: &http.Transport{}} }

// roundTrip is a network made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(r *http.Request, status int) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: r}
}

// running stores a task that is under way.
func (b *bench) running(id string, hook task.Webhook) { b.runningOf("", id, hook) }

func (b *bench) runningOf(owner, id string, hook task.Webhook) {
	b.Helper()
	err := b.store.Create(b.Context(), &task.Task{
		ID: id, Owner: owner, Phase: task.Running, Status: task.Progress, Stage: task.Storing, Attempt: 1, Runner: "r",
		DocumentID: "doc", Method: "local", Options: task.Options{Webhook: &hook},
	})
	if err != nil {
		b.Fatal(err)
	}
}

// finish ends a task that runs.
func (b *bench) finish(id string) {
	b.Helper()
	b.update(id, func(t *task.Task, now time.Time) error {
		return t.Finish(t.Attempt, json.RawMessage(`{"success":true,"chunks_stored":3}`), now)
	})
}

func (b *bench) update(id string, rule func(*task.Task, time.Time) error) {
	b.Helper()
	if _, err := b.store.Update(b.Context(), id, rule); err != nil {
		b.Fatal(err)
	}
}

// ended stores a task that has ended well.
func (b *bench) ended(id string, hook task.Webhook) {
	b.Helper()
	b.running(id, hook)
	b.finish(id)
}

// endedOf is ended for a task of an owner.
func (b *bench) endedOf(owner, id, url string) {
	b.Helper()
	b.runningOf(owner, id, task.Webhook{URL: url})
	b.finish(id)
}

func (b *bench) newest(id string) task.Notice {
	b.Helper()
	t, err := b.store.Get(context.Background(), id)
	if err != nil {
		b.Fatal(err)
	}
	return *t.Newest()
}

// eventually waits for what happens on the network.
func (b *bench) eventually(what string, holds func() bool) {
	b.Helper()
	tick, late := time.NewTicker(2*time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			b.Fatalf("not within 20 s: %s\n%s", what, b.log)
		}
	}
}

// tried waits until a task's newest notice has been tried n times.
func (b *bench) tried(id string, n int) task.Notice {
	b.Helper()
	b.eventually(id+" is tried", func() bool { return len(b.newest(id).Tries) >= n })
	return b.newest(id)
}

// message is what a receiver got.
type message struct {
	path   string
	header http.Header
	body   []byte
}

// receiver notes what it gets and answers as it is told.
type receiver struct {
	*httptest.Server
	mu  sync.Mutex
	got []message
}

func newReceiver(t *testing.T, answers http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Errorf("the message breaks off: %v", err)
		}
		r.mu.Lock()
		r.got = append(r.got, message{req.Method + " " + req.URL.RequestURI(), req.Header, body})
		r.mu.Unlock()
		answers(w, req)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) messages() []message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]message(nil), r.got...)
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// inOrder answers each request as the next of the handlers does, the last for all
// further ones.
func inOrder(handlers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		h := handlers[min(n, len(handlers)-1)]
		n++
		mu.Unlock()
		h(w, r)
	}
}
