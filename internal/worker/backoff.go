package worker

import (
	"time"

	"morag/internal/backoff"
)

// newBackoff is the wait between tries that fail: 1 s doubling to a minute.
func newBackoff() backoff.Series {
	return backoff.Series{Policy: backoff.Policy{First: time.Second, Max: time.Minute}}
}
