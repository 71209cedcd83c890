package torture

import (
	"bytes"
	"context"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// TestReplays puts a network between the clients and the server that delays requests
// and so reorders them, delivers some twice, and loses some answers.
func TestReplays(t *testing.T) {
	t.Parallel()
	s := newServer(t, t.TempDir())
	w := newWorld(t, s)
	s.start()
	n := newNetwork(t, w)
	w.client.url = n.front.URL
	w.during(func(ctx context.Context) {
		for range 3 {
			pause(ctx, 3*time.Second)
			s.crash()
		}
		pause(ctx, 3*time.Second)
		n.calm()
	})
	if n.twice == 0 || n.lost == 0 {
		t.Errorf("%d requests were delivered twice, %d answers lost", n.twice, n.lost)
	}
}

// network is a proxy that does to requests what networks, and clients that are not
// sure, do.
type network struct {
	*world
	behind *client // to the server itself
	front  *httptest.Server
	copies sync.WaitGroup

	mu     sync.Mutex // guards what is below
	choose *rand.Rand
	still  bool
	twice  int // requests delivered twice
	lost   int // answers lost
}

func newNetwork(t *testing.T, w *world) *network {
	n := &network{world: w, behind: newClient(w.base(), w.history), choose: random(2)}
	n.front = httptest.NewServer(n)
	t.Cleanup(n.front.Close)
	t.Cleanup(n.copies.Wait)
	return n
}

// calm makes it a good network, once all copies have arrived.
func (n *network) calm() {
	n.mu.Lock()
	n.still = true
	n.mu.Unlock()
	n.copies.Wait()
}

// fate is what becomes of one request.
type fate struct {
	delay  time.Duration // before it is delivered
	again  time.Duration // before it is delivered a second time, 0 for never
	silent bool          // the answer is lost
}

func (n *network) decide() fate {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.still {
		return fate{}
	}
	f := fate{delay: time.Duration(n.choose.IntN(30)) * time.Millisecond}
	if n.choose.IntN(3) == 0 {
		f.again = time.Duration(1 + n.choose.ExpFloat64()*float64(200*time.Millisecond))
		n.twice++
	}
	if n.choose.IntN(20) == 0 {
		f.silent = true
		n.lost++
	}
	return f
}

func (n *network) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f := n.decide()
	r.Body = io.NopCloser(bytes.NewReader(body))
	if f.again > 0 && n.repeatable(r, body) {
		n.copies.Go(func() {
			pause(context.Background(), f.again)
			_, _, _ = n.behind.ask(context.Background(), r.Method, r.URL.RequestURI(), r.Header, body)
		})
	}
	pause(r.Context(), f.delay)
	n.pass(w, r, f.silent)
}

// repeatable tells whether a request may be delivered twice: not one that makes
// something new each time, and not a download, which the history does not keep.
func (n *network) repeatable(r *http.Request, body []byte) bool {
	c := understand(r, body)
	return c.Verb != other && (c.Verb != create && c.Verb != upload || c.Key != "")
}

// pass delivers a request and its answer.
func (n *network) pass(w http.ResponseWriter, r *http.Request, silent bool) {
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host, out.RequestURI = "http", n.addr, ""
	resp, err := n.behind.http.Transport.RoundTrip(out)
	if err != nil {
		panic(http.ErrAbortHandler) // what the client sees of a server that is gone
	}
	defer resp.Body.Close()
	if silent {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), resp.Header)
	w.WriteHeader(resp.StatusCode)
	if _, err := io.Copy(w, resp.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
}
