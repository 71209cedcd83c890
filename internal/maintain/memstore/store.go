// Package memstore keeps the leases of duties in memory, for tests: the port's promises
// in the plainest code.
package memstore

import (
	"context"
	"sync"
	"time"

	"morag/internal/maintain"
)

// Store is a [maintain.Leases].
type Store struct {
	now  func() time.Time
	mu   sync.Mutex // guards rows
	rows map[string]*row
}

type row struct {
	holder string
	epoch  int64
	cursor string
	until  time.Time // of the lease, zero without one
	due    time.Time
}

var _ maintain.Leases = (*Store)(nil)

// New makes an empty store. Its time is now's.
func New(now func() time.Time) *Store { return &Store{now: now, rows: map[string]*row{}} }

// Take implements [maintain.Leases].
func (s *Store) Take(_ context.Context, duty, holder string, ttl time.Duration) (maintain.Lease, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	r := s.rows[duty]
	if r == nil {
		r = &row{}
		s.rows[duty] = r
	}
	if r.due.After(now) || r.holder != holder && r.until.After(now) {
		return maintain.Lease{}, false, nil
	}
	r.holder, r.until = holder, now.Add(ttl)
	r.epoch++
	return maintain.Lease{Duty: duty, Epoch: r.epoch, Cursor: r.cursor}, true, nil
}

// Keep implements [maintain.Leases].
func (s *Store) Keep(_ context.Context, l maintain.Lease, ttl time.Duration) error {
	return s.change(l, func(r *row, now time.Time) { r.until = now.Add(ttl) })
}

// Done implements [maintain.Leases].
func (s *Store) Done(_ context.Context, l maintain.Lease, wait time.Duration) error {
	return s.change(l, func(r *row, now time.Time) { r.until, r.due = time.Time{}, now.Add(wait) })
}

func (s *Store) change(l maintain.Lease, change func(r *row, now time.Time)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rows[l.Duty]
	if r == nil || r.epoch != l.Epoch || r.until.IsZero() {
		return maintain.ErrLost
	}
	r.cursor = l.Cursor
	change(r, s.now())
	return nil
}
