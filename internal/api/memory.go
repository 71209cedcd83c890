package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"morag/internal/share"
)

// What requests may hold in memory together, in bytes. What is small costs nothing: the
// number of connections bounds it.
const (
	maxBodies  = 8 << 20 // of bodies of at most largeBody
	maxAnswers = 8 << 20
	maxTexts   = 64 << 20 // whole texts of documents
	maxMaking  = 2        // large answers
	smallBody  = 16 << 10
	smallReply = 64 << 10
)

// budget is what the requests of a server share.
type budget struct {
	bodies  *memory
	results *memory // larger bodies, of workers
	answers *memory
	texts   *memory // answers that are a document's text
	making  *slots  // of large answers: each takes some times its bytes until it is written
}

func newBudget(maxResult int64) *budget {
	return &budget{
		bodies: newMemory(maxBodies), results: newMemory(max(maxResult, largeBody)), answers: newMemory(maxAnswers), texts: newMemory(maxTexts),
		making: newSlots(maxMaking),
	}
}

// memory is so many bytes, of which requests take what they hold. No caller holds more
// than it leaves free, unless it holds nothing else. It is safe for concurrent use.
type memory struct {
	all   int64
	wait  time.Duration
	mu    sync.Mutex
	used  int64
	by    map[string]int64
	freed chan struct{} // closed when some is given back
}

func newMemory(all int64) *memory {
	return &memory{all: all, wait: slotWait, by: map[string]int64{}, freed: make(chan struct{})}
}

// take waits for n bytes for the caller, "" being one that has no bound of its own; more
// than there are is all of them. It is 503 when they are not free in time, and ctx's error
// when that ends first; free, which may be called once, gives them back.
func (m *memory) take(ctx context.Context, caller string, n int64, what string) (free func(), err error) {
	n = min(n, m.all)
	late := time.NewTimer(m.wait)
	defer late.Stop()
	for {
		freed, taken := m.try(caller, n)
		if taken {
			return func() { m.release(caller, n) }, nil
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-late.C:
			return nil, &Problem{Status: http.StatusServiceUnavailable, Detail: "too many " + what + " at a time", RetryAfter: retryLater}
		}
	}
}

// try takes n bytes if they are free, and else tells when to try again.
func (m *memory) try(caller string, n int64) (freed <-chan struct{}, taken bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	held := m.by[caller]
	if m.used+n > m.all || caller != "" && held > 0 && !share.Spares(int(m.all), int(m.used), int(held), int(n)) {
		return m.freed, false
	}
	m.used += n
	m.by[caller] = held + n
	return nil, true
}

func (m *memory) release(caller string, n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used -= n
	if m.by[caller] -= n; m.by[caller] == 0 {
		delete(m.by, caller)
	}
	close(m.freed)
	m.freed = make(chan struct{})
}
