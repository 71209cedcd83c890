package backoff

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// RetryAfter reads how long an answer asks to be left alone: Retry-After, which is seconds
// or a date (RFC 9110, 10.2.3), or OpenAI's finer Retry-After-Ms. A date is held against
// the answer's own Date, or against now where it has none. It is 0 when nothing, or
// nothing sensible, is asked for.
func RetryAfter(header http.Header, now time.Time) time.Duration {
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
	if sent, err := http.ParseTime(header.Get("Date")); err == nil {
		now = sent
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
