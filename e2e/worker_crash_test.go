package e2e

import (
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/speech"
)

// TestWorkerCrash kills the worker when it has converted and the server has not
// answered: after it is started again the result arrives, and nothing is converted
// twice. The server may have the result by then or not.
func TestWorkerCrash(t *testing.T) {
	t.Parallel()
	for name, passOn := range map[string]bool{"the result is lost": false, "the answer is lost": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mp3 := must[string](t)(recorded())
			s := serve(t)
			between := swallow(t, s.url, passOn)
			dir := t.TempDir()
			first := work(t, between.url, dir)
			created, err := s.IngestFile(t.Context(), mp3, client.IngestOptions{Options: option.Options{Remote: true, NoFallback: true}})
			if err != nil {
				t.Fatal(err)
			}
			eventually(t, taskTime, "the worker sends a result", func() bool {
				select {
				case <-first.Done():
					t.Fatal("the worker ended by itself")
				default:
				}
				return between.results.Load() > 0
			})
			first.Kill()
			between.open.Store(true)
			work(t, between.url, dir)

			if result := s.succeeded(created.TaskID); result.ProcessingMethod != "remote" {
				t.Errorf("result %+v", result)
			}
			eventually(t, stepTime, "the result arrives", func() bool { return between.results.Load() > 1 })
			if a, b := between.body(0), between.body(1); !bytes.Equal(a, b) {
				t.Errorf("the second result differs from the first:\n%s\n%s", a, b)
			}
			task := s.ended(created.TaskID)
			job, err := s.Job(t.Context(), deref(task.RemoteJobID))
			if err != nil {
				t.Fatal(err)
			}
			if job.Attempt != 1 || job.Status != "completed" {
				t.Errorf("job %s after %d attempts", job.Status, job.Attempt)
			}
			if rate := speech.WordErrorRate(must[string](t)(spoken()), s.text(created.DocumentID)); rate > 0.15 {
				t.Errorf("word error rate %.3f", rate)
			}
		})
	}
}

// swallower stands between a worker and the server. Until it is open it takes results
// and does not answer.
type swallower struct {
	url     string
	open    atomic.Bool
	results atomic.Int32
	bodies  chan []byte
	seen    [][]byte
}

// swallow starts one; passOn says whether the server gets the results all the same.
func swallow(t *testing.T, server string, passOn bool) *swallower {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	s := &swallower{bodies: make(chan []byte, 100)}
	pass := httputil.NewSingleHostReverseProxy(to)
	pass.ErrorLog = log.New(io.Discard, "", 0) // a worker that is killed breaks off
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPut || !strings.HasSuffix(r.URL.Path, "/result") {
			pass.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		open := s.open.Load()
		if !open && passOn {
			pass.ServeHTTP(httptest.NewRecorder(), r.Clone(t.Context()))
		}
		s.bodies <- body
		s.results.Add(1)
		if open {
			pass.ServeHTTP(w, r)
			return
		}
		<-r.Context().Done() // the worker is killed while it waits
	}))
	t.Cleanup(proxy.Close)
	s.url = proxy.URL
	return s
}

// body is the nth result that came.
func (s *swallower) body(n int) []byte {
	for len(s.seen) <= n {
		s.seen = append(s.seen, <-s.bodies)
	}
	return s.seen[n]
}
