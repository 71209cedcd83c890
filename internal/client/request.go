package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"morag/internal/trace"
)

// request is one call, before it is sent. What it holds can be sent again.
type request struct {
	err    error // why it cannot be sent
	method string
	path   string // on this server, escaped
	query  url.Values
	header http.Header

	body        func() io.Reader // anew for each try; nil for none
	size        int64            // of body
	contentType string

	silence time.Duration // allowed before the answer; 0: the client's
	limit   int64         // bytes of the answer; 0: Config.MaxAnswer
	once    bool          // never make it again
}

func get(path string, query url.Values) *request {
	return &request{method: http.MethodGet, path: path, query: query}
}

// about asks something of one thing: its folder, its id, and what is asked.
func about(method, folder, id, rest string) *request {
	r := &request{method: method, path: folder + url.PathEscape(id) + rest}
	// A dot segment survives escaping and would climb out of its folder.
	if id == "" || id == "." || id == ".." {
		r.err = fmt.Errorf("%q is not an id", id)
	}
	return r
}

// json gives r a JSON body.
func (r *request) json(in any) *request {
	data, err := json.Marshal(in)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("%s: %w", r.call(), err)
	}
	r.body = func() io.Reader { return bytes.NewReader(data) }
	r.size, r.contentType = int64(len(data)), "application/json"
	return r
}

// only forbids to make the call again.
func (r *request) only() *request {
	r.once = true
	return r
}

func (r *request) call() string {
	path, _, _ := strings.Cut(r.path, "?")
	return r.method + " " + path
}

// url is where r goes. Only a path on the configured server is an address.
func (c *Client) url(r *request) (*url.URL, error) {
	if !strings.HasPrefix(r.path, "/") || strings.HasPrefix(r.path, "//") || strings.ContainsFunc(r.path, unfit) {
		return nil, fmt.Errorf("%w: %q", ErrForeign, printable(r.path))
	}
	u, err := url.Parse(c.base + r.path)
	if err != nil || u.Scheme != c.origin.Scheme || u.Host != c.origin.Host || u.User != nil {
		return nil, fmt.Errorf("%w: %q", ErrForeign, printable(r.path))
	}
	if len(r.query) > 0 {
		u.RawQuery = r.query.Encode()
	}
	u.Fragment = ""
	return u, nil
}

// unfit tells which runes no address on a server has. A backslash is a slash to
// some programs.
func unfit(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }

// send makes the call once. The caller closes the answer's body, which fails with
// [ErrStalled] when it goes silent.
func (c *Client) send(ctx context.Context, r *request) (*http.Response, error) {
	if r.err != nil {
		return nil, r.err
	}
	u, err := c.url(r)
	if err != nil {
		return nil, err
	}
	ctx, dog := watch(ctx, c.idle, max(r.silence, c.idle))
	req := (&http.Request{
		Method: r.method, URL: u, Host: u.Host, Header: c.headers(r),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, // without them Expect is not obeyed
	}).WithContext(ctx)
	if parent := trace.Parent(ctx); parent != "" {
		req.Header.Set(trace.Header, parent)
	}
	if r.body != nil {
		req.GetBody = func() (io.ReadCloser, error) {
			return io.NopCloser(&outgoing{Reader: r.body(), watchdog: dog}), nil
		}
		req.Body, _ = req.GetBody()
		req.ContentLength = r.size
	}
	resp, err := c.http.Do(req)
	if err != nil {
		err = failure(ctx, r.call(), err)
		dog.end()
		return nil, err
	}
	dog.headers()
	resp.Body = &incoming{body: resp.Body, watchdog: dog, ctx: ctx, call: r.call()}
	if resp.StatusCode/100 != 2 {
		defer resp.Body.Close()
		return nil, answerError(resp)
	}
	return resp, nil
}

// expectFrom is the size from which a body waits for the server's word: a wrong key
// or a size over the limit is then told before gigabytes have gone.
const expectFrom = 1 << 20

func (c *Client) headers(r *request) http.Header {
	h := r.header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("User-Agent", c.agent)
	if h.Get("Accept") == "" {
		h.Set("Accept", "application/json")
	}
	if c.key != "" {
		h.Set("Authorization", "Bearer "+c.key)
	}
	if r.body != nil {
		h.Set("Content-Type", r.contentType)
		if r.size >= expectFrom {
			h.Set("Expect", "100-continue")
		}
	}
	return h
}

// do makes the call, again if it may, and decodes its JSON answer into out; a nil
// out takes any.
func (c *Client) do(ctx context.Context, r *request, out any) error {
	return c.repeat(ctx, r, func() error {
		resp, err := c.send(ctx, r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		return decode(resp.Body, r, cmp.Or(r.limit, c.maxAnswer), out)
	})
}

// ask makes the call and returns what it brings.
func ask[T any](ctx context.Context, c *Client, r *request) (T, error) {
	var out T
	err := c.do(ctx, r, &out)
	return out, err
}

func decode(body io.Reader, r *request, limit int64, out any) error {
	data, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return err
	}
	if int64(len(data)) > limit {
		return fmt.Errorf("%s: %w: over %d bytes", r.call(), ErrTooLarge, limit)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("%s: %w: %w", r.call(), ErrNotMoRAG, err)
	}
	return nil
}
