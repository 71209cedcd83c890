package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"morag/internal/auth"
	"morag/internal/share"
	"morag/internal/task"
)

// ErrFull: as many tasks are under way as may be. It may be tried again.
var ErrFull = errors.New("the queue of tasks is full")

// errOwnFull is for whom the queue is full while it has room for others.
var errOwnFull = fmt.Errorf("this key has as many tasks under way as it leaves room for others: for it %w", ErrFull)

// queue knows how many tasks are under way, to a second: counting them for each
// request would cost more the longer the queue is.
type queue struct {
	mu  sync.Mutex
	all underWay
	own map[string]*underWay // by owner
}

type underWay struct {
	n    int
	at   time.Time
	seen bool
}

// room is [ErrFull] when n more tasks are more than may be under way, or than the owner may
// have by [share.Spares]. It counts them as if they were made.
func (s *Service) room(ctx context.Context, owner string, n int) error {
	if s.maxQueued <= 0 {
		return nil
	}
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	if err := s.count(ctx, &s.queue.all, ""); err != nil {
		return err
	}
	own := s.queue.of(owner)
	if err := s.count(ctx, own, owner); err != nil {
		return err
	}
	switch {
	case s.queue.all.n+n > s.maxQueued:
		return ErrFull
	case owner != auth.DefaultOwner && !share.Spares(s.maxQueued, s.queue.all.n, own.n, n):
		return errOwnFull
	}
	s.queue.all.n += n
	own.n += n
	return nil
}

func (q *queue) of(owner string) *underWay {
	if q.own == nil {
		q.own = map[string]*underWay{}
	}
	if q.own[owner] == nil {
		q.own[owner] = new(underWay)
	}
	return q.own[owner]
}

// count counts anew what was counted more than a second ago.
func (s *Service) count(ctx context.Context, u *underWay, owner string) error {
	now := s.now()
	if u.seen && now.Sub(u.at).Abs() < time.Second {
		return nil
	}
	counts, err := s.tasks.Count(ctx, owner, task.Pending, task.Progress)
	if err != nil {
		return fmt.Errorf("count the tasks under way: %w", err)
	}
	*u = underWay{n: counts[task.Pending] + counts[task.Progress], at: now, seen: true}
	return nil
}
