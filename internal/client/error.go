package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"morag/internal/backoff"
)

// What a call can answer beside an [APIError].
var (
	// ErrStalled: no byte went or came for Config.IdleTimeout.
	ErrStalled = errors.New("the server has gone silent")
	// ErrTooLarge: the answer is longer than it may be; nothing of it is used.
	ErrTooLarge = errors.New("answer too large")
	// ErrMismatch: what was downloaded is not what was announced.
	ErrMismatch = errors.New("download differs from what was announced")
	// ErrForeign: an address that is not a path on the configured server.
	ErrForeign = errors.New("not a path on this server")
	// ErrNotMoRAG: something answered that does not speak this API.
	ErrNotMoRAG = errors.New("answer is not of a MoRAG server")
)

// APIError is an answer that is not a success.
type APIError struct {
	Status     int           // HTTP status
	Detail     string        // the server's sentence, made printable, at most 1000 bytes
	RetryAfter time.Duration // how long it asks to wait, 0 when it does not, at most 1 h
	header     http.Header
	body       []byte
}

func (e *APIError) Error() string { return fmt.Sprintf("%s (HTTP %d)", e.Detail, e.Status) }

// NetworkError is a call that got no whole answer: whether the server saw it is not
// known.
type NetworkError struct {
	Call string // "GET /health", without the query
	Err  error
}

func (e *NetworkError) Error() string { return e.Call + ": " + e.Err.Error() }

// Unwrap answers the cause.
func (e *NetworkError) Unwrap() error { return e.Err }

// StatusOf is the HTTP status of an [APIError] in err's chain, 0 when there is none.
func StatusOf(err error) int {
	if e, ok := errors.AsType[*APIError](err); ok {
		return e.Status
	}
	return 0
}

// IsStatus tells whether the server answered err with one of these HTTP statuses.
func IsStatus(err error, statuses ...int) bool {
	return slices.Contains(statuses, StatusOf(err))
}

// IsNotFound tells whether the server says that there is no such thing.
func IsNotFound(err error) bool { return IsStatus(err, http.StatusNotFound) }

// IsConflict tells whether the present state does not allow the call.
func IsConflict(err error) bool { return IsStatus(err, http.StatusConflict) }

// IsDenied tells whether the key is missing, wrong, or not allowed to (401, 403).
func IsDenied(err error) bool {
	return IsStatus(err, http.StatusUnauthorized, http.StatusForbidden)
}

// IsTemporary tells whether the same call may well succeed later: the network
// failed, or the server answered 408, 425, 429 or 5xx.
func IsTemporary(err error) bool {
	if n, ok := errors.AsType[*NetworkError](err); ok {
		_, certificate := errors.AsType[*tls.CertificateVerificationError](n)
		return !certificate
	}
	switch status := StatusOf(err); status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	default:
		return status >= 500
	}
}

// RetryAfter is how long the server asks to wait, 0 when it does not.
func RetryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*APIError](err); ok {
		return e.RetryAfter
	}
	return 0
}

// maxErrorBody is read of an error's body; the sentence is at its start.
const maxErrorBody = 64 << 10

func answerError(resp *http.Response) *APIError {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	e := &APIError{Status: resp.StatusCode, RetryAfter: min(backoff.RetryAfter(resp.Header, time.Now()), time.Hour), header: resp.Header, body: body}
	if to := resp.Header.Get("Location"); to != "" && resp.StatusCode/100 == 3 {
		e.Detail = printable("the server redirects to " + to + ": use its real address")
		return e
	}
	e.Detail = printable(detailOf(body))
	if e.Detail == "" {
		e.Detail = strings.ToLower(http.StatusText(resp.StatusCode))
	}
	if e.Detail == "" {
		e.Detail = "the server refused"
	}
	return e
}

// detailOf is the sentence of an error body. FastAPI, which the original server is
// made of, answers 422 with a list in its place.
func detailOf(body []byte) string {
	var answer struct {
		Detail json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(body, &answer) != nil || len(answer.Detail) == 0 {
		return ""
	}
	var sentence string
	if json.Unmarshal(answer.Detail, &sentence) == nil {
		return sentence
	}
	var compact bytes.Buffer
	if json.Compact(&compact, answer.Detail) != nil {
		return ""
	}
	return compact.String()
}

// printable makes a stranger's text safe for a terminal and a log line.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	const most = 1000
	if len(s) > most {
		cut := most
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut]
	}
	return strings.TrimSpace(s)
}

// failure says why a call got no whole answer: its caller's context has ended, or
// the network failed. The URL that the transport repeats is left out: its query may
// hold a capability.
func failure(ctx context.Context, call string, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
		if !errors.Is(err, ErrStalled) {
			return fmt.Errorf("%s: %w", call, err)
		}
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return &NetworkError{Call: call, Err: err}
}
