package dispatch

import (
	"context"
	"sync"
	"time"

	"morag/internal/fleet"
)

// lookups ask the fleet store for the workers that poll: all that come while one question
// is under way share the next, so that a crowd costs few of them. They are safe for
// concurrent use.
type lookups struct {
	fleet fleet.Store
	mu    sync.Mutex
	line  []*lookup // guarded by mu
	busy  bool      // likewise: the line is being served
}

// lookup is one question and, once done is closed, its answer.
type lookup struct {
	id     string
	done   chan struct{}
	worker *fleet.Worker // nil when it is not known
	now    time.Time     // the store's
	err    error
}

// most bounds the workers that are asked for at once.
const most = 256

// find returns a worker, nil if it is not known, and the store's time.
func (l *lookups) find(ctx context.Context, id string) (w *fleet.Worker, now time.Time, err error) {
	q := &lookup{id: id, done: make(chan struct{})}
	l.mu.Lock()
	l.line = append(l.line, q)
	if !l.busy {
		l.busy = true
		go l.serve(context.WithoutCancel(ctx))
	}
	l.mu.Unlock()
	select {
	case <-q.done:
		return q.worker, q.now, q.err
	case <-ctx.Done():
		return nil, time.Time{}, ctx.Err()
	}
}

// serve answers until the line is empty.
func (l *lookups) serve(ctx context.Context) {
	for {
		batch := l.next()
		if len(batch) == 0 {
			return
		}
		ids := make([]string, len(batch))
		for i, q := range batch {
			ids[i] = q.id
		}
		found, now, err := l.fleet.Find(ctx, ids...)
		for _, q := range batch {
			if w, known := found[q.id]; known {
				q.worker = &w
			}
			q.now, q.err = now, err
			close(q.done)
		}
	}
}

func (l *lookups) next() []*lookup {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.line), most)
	batch := l.line[:n:n]
	if l.line = l.line[n:]; n == 0 {
		l.line, l.busy = nil, false
	}
	return batch
}
