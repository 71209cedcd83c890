package torture

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// front is a plain proxy before several servers: each request goes to the next, or to the
// one after that when nobody listens there. Some answers are lost on their way back.
type front struct {
	*httptest.Server
	web *http.Transport

	mu     sync.Mutex // guards what is below
	addrs  []string
	next   int
	choose *rand.Rand
	still  bool // nothing is lost any more
	lost   int  // answers
}

func newFront(t testing.TB, addrs []string) *front {
	f := &front{web: &http.Transport{MaxIdleConnsPerHost: 100}, addrs: addrs, choose: random(8)}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	t.Cleanup(f.web.CloseIdleConnections)
	return f
}

// calm has it lose nothing any more.
func (f *front) calm() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.still = true
}

// order is in which the servers are asked, and whether the answer is lost.
func (f *front) order() (addrs []string, lost bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next++
	for i := range f.addrs {
		addrs = append(addrs, f.addrs[(f.next+i)%len(f.addrs)])
	}
	if lost = !f.still && f.choose.IntN(50) == 0; lost {
		f.lost++
	}
	return addrs, lost
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	addrs, lost := f.order()
	for _, addr := range addrs {
		out := r.Clone(r.Context())
		out.URL.Scheme, out.URL.Host, out.RequestURI = "http", addr, ""
		out.Body = io.NopCloser(bytes.NewReader(body))
		resp, err := f.web.RoundTrip(out)
		if refusedToDial(err) {
			continue
		}
		if err != nil {
			break
		}
		defer resp.Body.Close()
		if lost {
			break
		}
		maps.Copy(w.Header(), resp.Header)
		w.WriteHeader(resp.StatusCode)
		if _, err := io.Copy(w, resp.Body); err != nil {
			break
		}
		return
	}
	panic(http.ErrAbortHandler) // what a client sees of a server that is gone
}

// refusedToDial tells that a request has not left, for nobody listens.
func refusedToDial(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial" && refused(err)
}
