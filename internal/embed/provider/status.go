package provider

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// statusError is an answer that is not a success.
type statusError struct {
	code       int
	failure    failure
	retryAfter time.Duration
}

func (e *statusError) Error() string {
	text := strings.TrimSpace(fmt.Sprintf("status %d %s", e.code, http.StatusText(e.code)))
	if e.failure.message != "" {
		text += ": " + e.failure.message
	}
	return text
}

func newStatusError(resp *http.Response, body []byte) *statusError {
	failure := parseFailure(body)
	return &statusError{
		code:       resp.StatusCode,
		failure:    failure,
		retryAfter: max(failure.retryAfter, retryAfter(resp.Header)),
	}
}

// transient tells whether the same request may succeed later.
func (e *statusError) transient() bool {
	switch e.code {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return e.code >= 500
}

// retryAfter reads Retry-After, seconds or a date (RFC 9110, 10.2.3), and OpenAI's
// finer retry-after-ms. A date is held against the answer's own, not this clock.
func retryAfter(header http.Header) time.Duration {
	if ms, ok := duration(header.Get("Retry-After-Ms"), time.Millisecond); ok {
		return ms
	}
	value := header.Get("Retry-After")
	if seconds, ok := duration(value, time.Second); ok {
		return seconds
	}
	then, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return 0
	}
	return max(0, then.Sub(now))
}

func duration(number string, unit time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseFloat(number, 64)
	if err != nil || !(n >= 0) {
		return 0, false
	}
	return time.Duration(min(n*float64(unit), math.MaxInt64/2)), true
}

// failure is what the body of an error says, as far as it is understood.
type failure struct {
	message    string        // one printable line of at most maxMessage characters
	badKey     bool          // Google says 400 where others say 401
	retryAfter time.Duration // google.rpc.RetryInfo; Google sends no header
}

const maxMessage = 200

// parseFailure understands Google's and OpenAI's {"error": {"message": …}} and the
// shapes of compatible servers: {"error": "…"}, {"message": "…"}, {"detail": "…"}.
// Of anything else the text itself is the message.
func parseFailure(body []byte) failure {
	var object struct {
		Error struct {
			Message string
			Details []struct{ Reason, RetryDelay string }
		}
	}
	var flat struct{ Error, Message, Detail string }
	// A field of another type is skipped, and the rest decoded all the same.
	_ = json.Unmarshal(body, &object)
	_ = json.Unmarshal(body, &flat)

	var f failure
	for _, message := range []string{object.Error.Message, flat.Error, flat.Message, flat.Detail, string(body)} {
		if f.message = line(message); f.message != "" {
			break
		}
	}
	for _, detail := range object.Error.Details {
		f.badKey = f.badKey || detail.Reason == "API_KEY_INVALID"
		if delay, err := time.ParseDuration(detail.RetryDelay); err == nil {
			f.retryAfter = max(f.retryAfter, delay)
		}
	}
	return f
}

// line makes one printable line of a text, and not a long one.
func line(text string) string {
	runes := []rune(strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " "))
	if len(runes) > maxMessage {
		return string(runes[:maxMessage-1]) + "…"
	}
	return string(runes)
}
