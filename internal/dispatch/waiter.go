package dispatch

import (
	"container/list"
	"context"
	"sync"

	"morag/internal/job"
)

// waiter is a poll that waits for a job.
type waiter struct {
	ctx   context.Context
	poll  Poll
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
	idle     waiterState = iota // in line
	claiming                    // picked: a claim is under way for it
	left                        // gone while a claim was under way
)

// waiters are the lines of waiting polls, one per content type, oldest first.
type waiters struct {
	mu    sync.Mutex
	lines map[string]*list.List // mu guards it and every waiter's state
}

func newWaiters() *waiters { return &waiters{lines: map[string]*list.List{}} }

func (l *waiters) join(ctx context.Context, p Poll) *waiter {
	w := &waiter{ctx: ctx, poll: p, got: make(chan []*job.Job, 1)}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range p.Types {
		if l.lines[t] == nil {
			l.lines[t] = list.New()
		}
		w.at = append(w.at, place{t, l.lines[t].PushBack(w)})
	}
	return w
}

// leave takes w out of every line. It is false when a claim is under way for w,
// whose answer then arrives on w.got.
func (l *waiters) leave(w *waiter) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, place := range w.at {
		line := l.lines[place.contentType]
		line.Remove(place.element)
		if line.Len() == 0 {
			delete(l.lines, place.contentType)
		}
	}
	w.at = nil
	if w.state == claiming {
		w.state = left
		return false
	}
	return true
}

// pick takes the oldest waiter of the type that is alive, may work and is none of
// tried; nil when there is none.
func (l *waiters) pick(contentType string, may func(worker string) bool, tried []string) *waiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := l.lines[contentType]
	if line == nil {
		return nil
	}
next:
	for e := line.Front(); e != nil; e = e.Next() {
		w := e.Value.(*waiter)
		if w.state != idle || w.ctx.Err() != nil || !may(w.poll.WorkerID) {
			continue
		}
		for _, id := range tried {
			if id == w.poll.WorkerID {
				continue next
			}
		}
		w.state = claiming
		return w
	}
	return nil
}

// settle ends a claim for w. With no jobs w is back at its place in the line.
func (l *waiters) settle(w *waiter, jobs []*job.Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(jobs) == 0 && w.state == claiming {
		w.state = idle
		return
	}
	w.got <- jobs
}
