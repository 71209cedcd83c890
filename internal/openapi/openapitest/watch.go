package openapitest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
)

// maxBody is how much of a body is kept to be judged; longer ones are judged by their
// status and type alone.
const maxBody = 4 << 20

var (
	judging sync.Mutex
	judges  = map[[sha256.Size]byte]*Judge{} // documents are read once
)

func judgeOf(document []byte) (*Judge, error) {
	judging.Lock()
	defer judging.Unlock()
	sum := sha256.Sum256(document)
	if j := judges[sum]; j != nil {
		return j, nil
	}
	j, err := New(document)
	if err != nil {
		return nil, fmt.Errorf("the document cannot be read: %w", err)
	}
	judges[sum] = j
	return j, nil
}

// Watch puts a judge around a handler that serves its document at /openapi.json. report is
// told of every answer that is not as documented, at any time and concurrently.
func Watch(next http.Handler, report func(error)) http.Handler {
	judge := sync.OnceValues(func() (*Judge, error) {
		w := httptest.NewRecorder()
		next.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/openapi.json", nil))
		return judgeOf(w.Body.Bytes())
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told := &listener{ResponseWriter: w}
		asked := &http.Request{Method: r.Method, URL: r.URL}
		next.ServeHTTP(told, r) // what panics has aborted its answer
		if told.status == 0 && r.Context().Err() != nil {
			return // nobody is there to be answered
		}
		j, err := judge()
		if err == nil {
			err = j.Answer(asked, max(told.status, http.StatusOK), w.Header(), told.kept())
		}
		if err != nil {
			report(err)
		}
	})
}

// listener hears what is answered.
type listener struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// Unwrap lets http.ResponseController find what the writer can do.
func (l *listener) Unwrap() http.ResponseWriter { return l.ResponseWriter }

func (l *listener) WriteHeader(status int) {
	if l.status == 0 && status >= 200 {
		l.status = status
	}
	l.ResponseWriter.WriteHeader(status)
}

func (l *listener) Write(p []byte) (int, error) {
	l.status = max(l.status, http.StatusOK)
	if l.body.Len() <= maxBody {
		l.body.Write(p[:min(len(p), maxBody+1)])
	}
	return l.ResponseWriter.Write(p)
}

func (l *listener) kept() []byte {
	if l.body.Len() > maxBody {
		return nil
	}
	return l.body.Bytes()
}

// Transport puts a judge around what carries requests to a server whose document it is.
func Transport(next http.RoundTripper, document []byte, report func(error)) (http.RoundTripper, error) {
	j, err := judgeOf(document)
	if err != nil {
		return nil, err
	}
	return carrier(func(r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		resp.Body = &reading{ReadCloser: resp.Body, end: func(body []byte) {
			if err := j.Answer(r, resp.StatusCode, resp.Header, body); err != nil {
				report(err)
			}
		}}
		return resp, nil
	}), nil
}

type carrier func(r *http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

// reading is the body of an answer, which is judged when it has been read, or closed.
type reading struct {
	io.ReadCloser
	body  bytes.Buffer
	whole bool
	once  sync.Once
	end   func(body []byte)
}

func (b *reading) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.body.Len() <= maxBody {
		b.body.Write(p[:n])
	}
	if err == io.EOF {
		b.whole = b.body.Len() <= maxBody
		b.judge()
	}
	return n, err
}

func (b *reading) Close() error {
	b.judge()
	return b.ReadCloser.Close()
}

func (b *reading) judge() {
	b.once.Do(func() {
		if !b.whole {
			b.end(nil)
			return
		}
		b.end(b.body.Bytes())
	})
}
