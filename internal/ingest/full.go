package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"morag/internal/task"
)

// ErrFull: as many tasks are under way as may be. It may be tried again.
var ErrFull = errors.New("the queue of tasks is full")

// queue knows how many tasks are under way, to a second: counting them for each
// request would cost more the longer the queue is.
type queue struct {
	mu   sync.Mutex
	n    int
	at   time.Time
	seen bool
}

// room is [ErrFull] when n more tasks are more than may be under way. It counts them
// as if they were made.
func (s *Service) room(ctx context.Context, n int) error {
	if s.maxQueued <= 0 {
		return nil
	}
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	if now := s.now(); !s.queue.seen || now.Sub(s.queue.at).Abs() >= time.Second {
		counts, err := s.tasks.Count(ctx, "", task.Pending, task.Progress)
		if err != nil {
			return fmt.Errorf("count the tasks under way: %w", err)
		}
		s.queue.n, s.queue.at, s.queue.seen = counts[task.Pending]+counts[task.Progress], now, true
	}
	if s.queue.n+n > s.maxQueued {
		return ErrFull
	}
	s.queue.n += n
	return nil
}
