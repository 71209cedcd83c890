package dispatch

import (
	"container/list"
	"context"
	"maps"
	"slices"
	"sync"

	"morag/internal/job"
)

// waiter is a poll that waits for a job.
type waiter struct {
	ctx   context.Context
	poll  *Poll
	got   chan []*job.Job // one answer, only after the waiter was picked
	state waiterState
	at    []place
}

// place is where a waiter stands in the line of a content type.
type place struct {
	contentType string
	element     *list.Element
}

type waiterState int

const (
	idle     waiterState = iota // in line, or barred
	claiming                    // picked: a claim is under way for it
	left                        // gone while a claim was under way
)

// waiters are the lines of waiting polls, one per content type, oldest first, and beside
// them the polls of workers that are given no jobs for now. Whom the store lets work is
// looked up again before every claim: here is only who is worth asking for.
type waiters struct {
	mu     sync.Mutex
	lines  map[string]*list.List           // mu guards all, and every waiter's state
	barred map[string]map[*waiter]struct{} // by worker
}

func newWaiters() *waiters {
	return &waiters{lines: map[string]*list.List{}, barred: map[string]map[*waiter]struct{}{}}
}

// join puts a poll in line, or beside it.
func (l *waiters) join(ctx context.Context, p *Poll, mayWork bool) *waiter {
	w := &waiter{ctx: ctx, poll: p, got: make(chan []*job.Job, 1)}
	l.mu.Lock()
	defer l.mu.Unlock()
	if mayWork {
		l.enter(w)
	} else {
		l.exclude(w)
	}
	return w
}

// enter puts w at the end of its lines. mu is held, as in the next two.
func (l *waiters) enter(w *waiter) {
	for _, t := range w.poll.Types {
		if l.lines[t] == nil {
			l.lines[t] = list.New()
		}
		w.at = append(w.at, place{t, l.lines[t].PushBack(w)})
	}
}

// exclude puts w among those of barred workers.
func (l *waiters) exclude(w *waiter) {
	id := w.poll.WorkerID
	if l.barred[id] == nil {
		l.barred[id] = map[*waiter]struct{}{}
	}
	l.barred[id][w] = struct{}{}
}

// depart takes w out of wherever it stands.
func (l *waiters) depart(w *waiter) {
	for _, place := range w.at {
		line := l.lines[place.contentType]
		line.Remove(place.element)
		if line.Len() == 0 {
			delete(l.lines, place.contentType)
		}
	}
	w.at = nil
	id := w.poll.WorkerID
	delete(l.barred[id], w)
	if len(l.barred[id]) == 0 {
		delete(l.barred, id)
	}
}

// leave takes w out of every line. It is false when a claim is under way for w,
// whose answer then arrives on w.got.
func (l *waiters) leave(w *waiter) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.depart(w)
	if w.state == claiming {
		w.state = left
		return false
	}
	return true
}

// pick takes the oldest waiter of the type that is alive, is one of only if that is not
// "", and is none of tried; nil when there is none.
func (l *waiters) pick(contentType, only string, tried []string) *waiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := l.lines[contentType]
	if line == nil {
		return nil
	}
	for e := line.Front(); e != nil; e = e.Next() {
		w := e.Value.(*waiter)
		id := w.poll.WorkerID
		if w.state != idle || w.ctx.Err() != nil || only != "" && id != only || slices.Contains(tried, id) {
			continue
		}
		w.state = claiming
		return w
	}
	return nil
}

// endClaim ends a claim for w. With no jobs w is back at its place in the line.
func (l *waiters) endClaim(w *waiter, jobs []*job.Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(jobs) == 0 && w.state == claiming {
		w.state = idle
		return
	}
	w.got <- jobs
}

// bar ends a claim for w, whose worker is given no jobs for now: it waits beside the line.
func (l *waiters) bar(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.state == left {
		w.got <- nil
		return
	}
	w.state = idle
	l.depart(w)
	l.exclude(w)
}

// excluded are the workers whose polls are barred.
func (l *waiters) excluded() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.barred))
}

// admit puts the barred polls of a worker in line again, and returns the types they wait
// for.
func (l *waiters) admit(worker string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var types []string
	for w := range maps.Clone(l.barred[worker]) {
		l.depart(w)
		l.enter(w)
		types = append(types, w.poll.Types...)
	}
	slices.Sort(types)
	return slices.Compact(types)
}
