// Package memstore keeps tasks in memory, for tests: the port's promises in the
// plainest code, by which the suite also judges the other stores. It knows no
// transactions; each call is one of its own.
package memstore

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"morag/internal/share"
	"morag/internal/task"
)

// Store is a [task.Store].
type Store struct {
	*place
}

// place is where stores beside each other keep their tasks.
type place struct {
	now func() time.Time

	mu    sync.Mutex
	tasks []*task.Task // as submitted; the one at i has Submitted i+1

	served map[line]int64 // the number of the last turn

	changes map[string]change // by task

	hints task.Hints
}

// line is what waits of one owner: tasks of one precedence, or notices.
type line struct {
	kind
	owner      string
	precedence int
}

type kind string

const (
	runs    kind = "run"
	notices kind = "notice"
)

func lineOf(k kind, t *task.Task) line {
	l := line{kind: k, owner: t.Owner}
	if k == runs {
		l.precedence = t.Precedence
	}
	return l
}

var _ task.Store = (*Store)(nil)

// New makes an empty store. Its time is now's.
func New(now func() time.Time) *Store {
	return &Store{&place{now: now, served: map[line]int64{}, changes: map[string]change{}}}
}

// Beside is another store at the same place.
func (s *Store) Beside() *Store { return &Store{s.place} }

// find returns the store's own task, to be changed in place under mu.
func (s *Store) find(id string) (*task.Task, error) {
	i := slices.IndexFunc(s.tasks, func(t *task.Task) bool { return t.ID == id })
	if i < 0 {
		return nil, fmt.Errorf("task %s: %w", id, task.ErrNotFound)
	}
	return s.tasks[i], nil
}

// Create implements [task.Store].
func (s *Store) Create(_ context.Context, t *task.Task) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.note()
	if _, err := s.find(t.ID); err == nil {
		return fmt.Errorf("task %s: %w", t.ID, task.ErrExists)
	}
	t.Revision, t.Submitted = 1, int64(len(s.tasks)+1)
	t.Stamp(s.now())
	s.tasks = append(s.tasks, t.Clone())
	s.hints.Tell(nil, t)
	return nil
}

// Get implements [task.Store].
func (s *Store) Get(_ context.Context, id string) (*task.Task, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.find(id)
	if err != nil {
		return nil, err
	}
	return t.Clone(), nil
}

// Update implements [task.Store].
func (s *Store) Update(_ context.Context, id string, rule func(*task.Task, time.Time) error) (*task.Task, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.note()
	t, err := s.find(id)
	if err != nil {
		return nil, err
	}
	changed := t.Clone()
	if err := rule(changed, s.now()); err != nil {
		return nil, err
	}
	if changed.Revision != t.Revision {
		s.hints.Tell(t, changed)
		*t = *changed.Clone()
	}
	return changed, nil
}

// Claim implements [task.Store].
func (s *Store) Claim(_ context.Context, runner string, lease time.Duration) (*task.Task, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.note()
	now := s.now()
	var waiting []*task.Task
	for _, t := range s.tasks {
		if t.Phase == task.Queued && t.Ready(now) {
			waiting = append(waiting, t)
		}
	}
	if len(waiting) == 0 {
		return nil, nil
	}
	turn := s.turns(runs, func(t *task.Task) bool { return t.Phase == task.Running })
	first := slices.MinFunc(waiting, func(a, b *task.Task) int {
		return cmp.Or(turn[lineOf(runs, a)].Compare(turn[lineOf(runs, b)]), cmp.Compare(a.Owner, b.Owner),
			cmp.Compare(b.Options.Priority, a.Options.Priority), cmp.Compare(a.Submitted, b.Submitted))
	})
	if err := first.Start(runner, now, lease); err != nil {
		return nil, err
	}
	s.serve(lineOf(runs, first))
	return first.Clone(), nil
}

// turns is where the owners stand of what is in hand.
func (s *Store) turns(k kind, held func(*task.Task) bool) map[line]share.Turn {
	turns := map[line]share.Turn{}
	for _, t := range s.tasks {
		l := lineOf(k, t)
		turn := turns[l]
		turn.Precedence, turn.Served = l.precedence, s.served[l]
		if held(t) {
			turn.Held++
		}
		turns[l] = turn
	}
	return turns
}

// serve notes that a line has had its turn.
func (s *Store) serve(l line) {
	s.served[l] = 1 + slices.Max(append(slices.Collect(maps.Values(s.served)), 0))
}

// NextRun implements [task.Store].
func (s *Store) NextRun(context.Context) (time.Duration, error) {
	now, wait := s.now(), task.LongestLook
	for _, t := range s.where(func(t *task.Task) bool { return t.Phase == task.Queued }) {
		if t.Ready(now) {
			return 0, nil
		}
		wait = min(wait, t.RunAt.Sub(now))
	}
	return wait, nil
}

// Renew implements [task.Store].
func (s *Store) Renew(_ context.Context, lease time.Duration, runs []task.Run) (lost []task.Run, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	until := now.Add(lease)
	for _, r := range runs {
		t, err := s.find(r.TaskID)
		if err != nil || t.Phase != task.Running || t.Attempt != r.Attempt {
			lost = append(lost, r)
			continue
		}
		if t.Lapsed(now) || t.LeaseUntil.Before(until) {
			t.LeaseUntil = until
		}
		if r.Message != "" {
			t.Done, t.Message = r.Done, r.Message
		}
	}
	return lost, nil
}

// Forsake implements [task.Store].
func (s *Store) Forsake(_ context.Context, runner string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, t := range s.tasks {
		if t.Phase == task.Running && t.Runner == runner && t.LeaseUntil.After(now) {
			t.LeaseUntil = now
		}
	}
	return nil
}

// Lost implements [task.Store].
func (s *Store) Lost(context.Context) ([]string, error) {
	now := s.now()
	var ids []string
	for _, t := range s.where(func(t *task.Task) bool { return t.Phase == task.Running && t.Lapsed(now) }) {
		ids = append(ids, t.ID)
	}
	return ids, nil
}

// Ripe implements [task.Store].
func (s *Store) Ripe(_ context.Context, n int) ([]string, error) {
	open := map[string]bool{}
	for _, t := range s.where(func(t *task.Task) bool { return t.Phase != task.Ended }) {
		open[t.Batch] = true
	}
	var ids []string
	for _, t := range s.where(func(t *task.Task) bool { return t.Phase == task.Waiting && len(t.Items) > 0 && !open[t.ID] }) {
		ids = append(ids, t.ID)
	}
	return ids[:min(n, len(ids))], nil
}

// CountItems implements [task.Store].
func (s *Store) CountItems(_ context.Context, batch string) (map[task.Status]int, error) {
	counts := make(map[task.Status]int)
	for _, t := range s.where(func(t *task.Task) bool { return batch != "" && t.Batch == batch }) {
		counts[t.Status]++
	}
	return counts, nil
}

// ForsakeNotices implements [task.Store].
func (s *Store) ForsakeNotices(_ context.Context, deliverer string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.note()
	for _, t := range s.tasks {
		if n := t.Pending(); n != nil && n.HeldBy == deliverer {
			before := t.Clone()
			t.ReturnNotice(n.Seq)
			s.hints.Tell(before, t)
		}
	}
	return nil
}

// ClaimNotices implements [task.Store].
func (s *Store) ClaimNotices(_ context.Context, deliverer string, busy task.Busy, n int, lease time.Duration) (due []*task.Task, wait time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.note()
	now := s.now()
	busy = task.Busy{Owners: slices.Clone(busy.Owners), Receivers: slices.Clone(busy.Receivers)}
	pending := make([]*task.Task, 0, len(s.tasks))
	for _, t := range s.tasks {
		if t.Pending() != nil {
			pending = append(pending, t)
		}
	}
	for len(due) < n {
		t := s.takeNotice(pending, deliverer, busy, now, lease)
		if t == nil {
			break
		}
		due = append(due, t.Clone())
		busy.Owners, busy.Receivers = append(busy.Owners, t.Owner), append(busy.Receivers, t.Receiver())
	}
	wait = task.LongestLook
	for _, t := range pending {
		if ahead := t.Pending().DueAt().Sub(now); ahead > 0 {
			wait = min(wait, ahead)
		}
	}
	return due, wait, nil
}

// takeNotice gives the deliverer the next notice, nil when there is none.
func (s *Store) takeNotice(pending []*task.Task, deliverer string, busy task.Busy, now time.Time, lease time.Duration) *task.Task {
	turn := s.turns(notices, func(t *task.Task) bool { n := t.Pending(); return n != nil && n.HeldBy != "" })
	slices.SortFunc(pending, func(a, b *task.Task) int {
		return cmp.Or(turn[lineOf(notices, a)].Compare(turn[lineOf(notices, b)]), cmp.Compare(a.Owner, b.Owner),
			a.Pending().DueAt().Compare(b.Pending().DueAt()), cmp.Compare(a.Submitted, b.Submitted))
	})
	for _, t := range pending {
		if slices.Contains(busy.Owners, t.Owner) || slices.Contains(busy.Receivers, t.Receiver()) || t.TakeNotice(deliverer, now, lease) != nil {
			continue
		}
		s.serve(lineOf(notices, t))
		return t
	}
	return nil
}

// Backlog implements [task.Store].
func (s *Store) Backlog(context.Context) (b task.Backlog, err error) {
	now := s.now()
	for _, t := range s.where(func(*task.Task) bool { return true }) {
		switch t.Phase {
		case task.Queued:
			b.Queued++
			b.Late = max(b.Late, now.Sub(t.RunAt))
		case task.Running:
			b.Running++
		case task.Waiting:
			b.Waiting++
		}
		if n := t.Pending(); n != nil {
			b.Notices++
			b.NoticeLate = max(b.NoticeLate, now.Sub(n.DueAt()))
		}
	}
	return b, nil
}

// Wake implements [task.Store].
func (s *Store) Wake(ctx context.Context, of task.Hint) <-chan struct{} { return s.hints.Read(ctx, of) }

// List implements [task.Store].
func (s *Store) List(_ context.Context, f task.Filter) ([]*task.Task, string, error) {
	below, err := f.Below()
	if err != nil {
		return nil, "", err
	}
	all := s.where(func(t *task.Task) bool {
		return t.Submitted < below && (f.Owner == "" || t.Owner == f.Owner) && strings.HasPrefix(t.ID, f.Prefix) && (f.Batch == "" || t.Batch == f.Batch) &&
			(len(f.Status) == 0 || slices.Contains(f.Status, t.Status))
	})
	slices.SortFunc(all, func(a, b *task.Task) int { return cmp.Compare(b.Submitted, a.Submitted) })
	all, next := task.Page(all, f.PageSize())
	return all, next, nil
}

// Count implements [task.Store].
func (s *Store) Count(_ context.Context, owner string, of ...task.Status) (map[task.Status]int, error) {
	counts := make(map[task.Status]int)
	for _, t := range s.where(func(t *task.Task) bool {
		return (owner == "" || t.Owner == owner) && (len(of) == 0 || slices.Contains(of, t.Status))
	}) {
		counts[t.Status]++
	}
	return counts, nil
}

// where returns copies of the tasks that meet the condition, oldest first.
func (s *Store) where(meets func(*task.Task) bool) []*task.Task {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*task.Task
	for _, t := range s.tasks {
		if meets(t) {
			all = append(all, t.Clone())
		}
	}
	return all
}
