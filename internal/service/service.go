// Package service calls the HTTP services that the operator has configured: speech,
// pictures, documents, embeddings. It bounds every answer in bytes and time, takes the key
// nowhere else, and tries again what may succeed later.
package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"morag/internal/backoff"
)

// Config is how a service is called.
type Config struct {
	Address   string        // http or https, up to and with what all its paths begin with
	Header    http.Header   // of every request: the key
	Timeout   time.Duration // of one try, the answer included; 0 is none but the context's
	MaxAnswer int64         // bytes
	Retry     backoff.Policy
}

// Client calls one service. It is safe for concurrent use.
type Client struct {
	config Config
	http   *http.Client
	now    func() time.Time
}

// New makes a client, which follows no redirect. It needs nothing until it calls.
func New(config Config) *Client {
	config.Address = strings.TrimRight(config.Address, "/")
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{config: config, http: &http.Client{Timeout: config.Timeout, CheckRedirect: stay}, now: time.Now}
}

// Bearer is the header that most services want their key in; none without a key.
func Bearer(key string) http.Header {
	if key == "" {
		return nil
	}
	return http.Header{"Authorization": {"Bearer " + key}}
}

var (
	// ErrCut: the answer broke off.
	ErrCut = errors.New("the answer broke off")
	// ErrLarge: the answer has more bytes than it may.
	ErrLarge = errors.New("the answer is too large")
)

// Get asks for what is at a path, once.
func (c *Client) Get(ctx context.Context, path string) ([]byte, error) {
	return c.once(ctx, http.MethodGet, path, empty)
}

// Post sends a body and gives the answer to read, if there is one. It tries again, body
// and all, what may succeed later: calls that got no whole answer, the statuses that
// [StatusError.Transient] names, and answers that read fails on.
//
// Errors are a [*StatusError] for an answer that is no success, a [*url.Error] for one that
// did not come, wrap [ErrCut] or [ErrLarge] for one that did not come whole, or are read's,
// the body's, or ctx's.
func (c *Client) Post(ctx context.Context, path string, body Body, read func(answer []byte) error) error {
	return c.config.Retry.Retry(ctx, judge, func(ctx context.Context) error {
		answer, err := c.once(ctx, http.MethodPost, path, body)
		if err != nil {
			return err
		}
		return read(answer)
	})
}

// judge is the judgement of [backoff.Policy.Retry].
func judge(err error) (transient bool, asked time.Duration) {
	if status, ok := errors.AsType[*StatusError](err); ok {
		return status.Transient(), status.RetryAfter
	}
	var local *bodyError
	return !errors.As(err, &local), 0
}

// Stream sends a body, once, and has read take the answer as it comes, with its media type.
// Errors are as those of [Client.Post].
func (c *Client) Stream(ctx context.Context, path string, body Body, read func(media string, answer io.Reader) error) error {
	resp, err := c.send(ctx, http.MethodPost, path, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return read(resp.Header.Get("Content-Type"), &bounded{resp.Body, c.config.MaxAnswer})
}

// bounded reads so many bytes, and fails on more.
type bounded struct {
	from io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, ErrLarge
	}
	return n, err
}

// send makes the request and returns the answer when it is a success.
func (c *Client) send(ctx context.Context, method, path string, body Body) (*http.Response, error) {
	content, err := body()
	if err != nil {
		return nil, &bodyError{err}
	}
	defer content.Close()
	req, err := http.NewRequestWithContext(ctx, method, c.config.Address+path, content.Reader)
	if err != nil {
		return nil, &bodyError{err}
	}
	maps.Copy(req.Header, c.config.Header)
	req.ContentLength = content.Size
	if content.Type != "" {
		req.Header.Set("Content-Type", content.Type)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		defer resp.Body.Close()
		return nil, newStatusError(resp, c.now())
	}
	return resp, nil
}

func (c *Client) once(ctx context.Context, method, path string, body Body) ([]byte, error) {
	resp, err := c.send(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, c.config.MaxAnswer+1))
	if err != nil {
		return nil, &url.Error{Op: "Read", URL: resp.Request.URL.Redacted(), Err: fmt.Errorf("%w: %w", ErrCut, err)}
	}
	if int64(len(answer)) > c.config.MaxAnswer {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrLarge, c.config.MaxAnswer)
	}
	return answer, nil
}
