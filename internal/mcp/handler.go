package mcp

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"morag/internal/client"
)

// maxRequest bounds the bytes of a request.
const maxRequest = 1 << 20

// Handler serves the tools over streamable HTTP, without sessions: each request stands for
// itself, so that any server of several may answer it. Who calls is known by the headers of
// the request, and what a tool does is done in its name.
type Handler struct {
	// API answers the calls of the tools, within the process. It is set before the first request.
	API     http.Handler
	version string
	tools   *sdk.StreamableHTTPHandler
}

// NewHandler makes a handler for a program of that version.
func NewHandler(version string) *Handler {
	h := &Handler{version: version}
	h.tools = sdk.NewStreamableHTTPHandler(h.server, &sdk.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, MaxRequestBodyBytes: maxRequest,
		// The API refuses foreign hosts itself, where there are no keys.
		DisableLocalhostProtection: true, PropagateRequestCancellation: true,
	})
	return h
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.tools.ServeHTTP(w, r) }

// server is one for the caller of a request, nil when there can be none.
func (h *Handler) server(r *http.Request) *sdk.Server {
	api, err := client.New(client.Config{
		BaseURL: "http://morag", UserAgent: r.UserAgent(), Retries: -1,
		HTTPClient: &http.Client{Transport: inner{h.API, r}},
	})
	if err != nil {
		return nil
	}
	return New(Config{API: api, Version: h.version})
}

// inner has calls be answered within the process, in the name of whoever sent a request.
type inner struct {
	api  http.Handler
	from *http.Request
}

// passed are the headers by which the API knows who calls. A browser's cookie is not one of
// them: what a page sends by itself is nobody's wish.
var passed = []string{"Authorization", "X-Api-Key", "Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Sec-Fetch-Dest", "X-Forwarded-Proto"}

// RoundTrip implements [http.RoundTripper].
func (t inner) RoundTrip(out *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(out.Context())
	in := out.Clone(ctx)
	for _, name := range passed {
		if sent := t.from.Header.Values(name); len(sent) > 0 {
			in.Header[name] = sent
		}
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	in.Host, in.RemoteAddr, in.TLS, in.RequestURI = t.from.Host, t.from.RemoteAddr, t.from.TLS, out.URL.RequestURI()
	body, write := io.Pipe()
	w := &piped{header: http.Header{}, body: write, began: make(chan struct{})}
	go func() {
		defer cancel()
		defer func() {
			if e := recover(); e != nil { // as net/http ends a request whose handler has panicked
				_ = write.CloseWithError(errors.New("the answer broke off"))
				w.begin(http.StatusInternalServerError)
			}
		}()
		t.api.ServeHTTP(w, in)
		w.begin(http.StatusOK)
		_ = write.Close()
	}()
	select {
	case <-w.began:
	case <-ctx.Done():
		_ = body.CloseWithError(ctx.Err())
		return nil, ctx.Err()
	}
	return &http.Response{
		Status: http.StatusText(w.status), StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: ending{body, cancel}, ContentLength: -1, Request: out,
	}, nil
}

// ending ends the call when its answer is closed.
type ending struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (e ending) Close() error {
	e.cancel()
	return e.ReadCloser.Close()
}

// piped is an answer that is read while it is written.
type piped struct {
	header, sent http.Header
	body         *io.PipeWriter
	status       int // 0: it has not begun
	began        chan struct{}
}

func (w *piped) Header() http.Header { return w.header }

func (w *piped) begin(status int) {
	if w.status == 0 {
		w.status, w.sent = status, maps.Clone(w.header)
		close(w.began)
	}
}

func (w *piped) WriteHeader(status int) {
	if status >= http.StatusOK {
		w.begin(status)
	}
}

func (w *piped) Write(p []byte) (int, error) {
	w.begin(http.StatusOK)
	return w.body.Write(p)
}
