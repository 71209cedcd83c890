package service

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"morag/internal/backoff"
)

// StatusError is an answer that is not a success.
type StatusError struct {
	Code       int
	Body       []byte        // its beginning
	RetryAfter time.Duration // what the service asks to wait, 0 for nothing
}

// maxErrorBody is how much of a refusal is read, in bytes.
const maxErrorBody = 64 << 10

func newStatusError(resp *http.Response, now time.Time) *StatusError {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // what there is of it
	return &StatusError{Code: resp.StatusCode, Body: body, RetryAfter: backoff.RetryAfter(resp.Header, now)}
}

// Status is the code with its meaning: "404 Not Found".
func (e *StatusError) Status() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", e.Code, http.StatusText(e.Code)))
}

func (e *StatusError) Error() string { return "status " + e.Status() }

// Transient tells whether the same request may succeed later.
func (e *StatusError) Transient() bool {
	switch e.Code {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return e.Code >= 500
}
