package provider

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// DefaultTimeout bounds one request, its answer included.
const DefaultTimeout = time.Minute

// Client answers the HTTP client for [Post]. A request ends after timeout (0:
// [DefaultTimeout]) and an answer may have at most the bytes that vectors of that
// dimension (0: [MaxDimension]) for that many texts can need.
//
// Its transport does more than a transport should: it reads the whole answer, and a
// status other than 2xx is an error. So a connection that breaks in the middle of an
// answer is told from an answer that makes no sense, no redirect carries the key to
// somewhere else, and a client library, should one be used, cannot lose a Retry-After.
func (l Limits) Client(dimension int, timeout time.Duration) *http.Client {
	const perNumber, envelope = 64, 64 << 10 // a float64 has up to 24 characters, and Google indents
	limit := l.Texts*cmp.Or(dimension, MaxDimension)*perNumber + envelope
	return &http.Client{
		Timeout:   cmp.Or(timeout, DefaultTimeout),
		Transport: &transport{base: http.DefaultTransport, limit: int64(limit)},
	}
}

// CheckAddress tells whether a base URL is one of http or https. The sentence begins
// with the setting's name.
func CheckAddress(setting, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("%s is %q, which is not an http or https address", setting, address)
	}
	return nil
}

type transport struct {
	base  http.RoundTripper
	limit int64
}

// answerError is an answer that is not worth decoding.
type answerError struct{ reason string }

func (e *answerError) Error() string { return e.reason }

const maxErrorBody = 64 << 10

// RoundTrip answers with the whole body in memory, a JSON object by its first byte.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // what there is of it
		return nil, newStatusError(resp, body)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, t.limit+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if int64(len(body)) > t.limit {
		return nil, &answerError{fmt.Sprintf("more than %d bytes", t.limit)}
	}
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) {
		return nil, &answerError{"not a JSON object"}
	}
	if hasNullElement(body) {
		return nil, &answerError{"null in place of a number, as some servers write NaN"}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// hasNullElement finds null in a JSON array, which encoding/json would read as 0: only
// there it follows a bracket or comma.
func hasNullElement(body []byte) bool {
	for {
		before, after, found := bytes.Cut(body, []byte("null"))
		if !found {
			return false
		}
		before = bytes.TrimRight(before, " \t\r\n")
		if bytes.HasSuffix(before, []byte("[")) || bytes.HasSuffix(before, []byte(",")) {
			return true
		}
		body = after
	}
}
