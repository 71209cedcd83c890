package ingest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"morag/internal/task"
)

// Tasks that somebody watches are looked at together, all of them once in an interval:
// short for a few, and longer the more there are, so that ten thousand cost a few percent
// of a core.
const (
	watchEvery = time.Second
	watchEach  = 500 * time.Microsecond // of the interval, for each task
)

// watches are the tasks that somebody watches, whichever server works on them.
type watches struct {
	mu     sync.Mutex // guards what follows
	tasks  map[string]*watched
	closed bool
	soon   map[string]bool // what is to be looked at before its time
	poked  chan struct{}   // has one element when there is some
}

// watched is one task and who watches it.
type watched struct {
	seen     snapshot
	watchers map[chan struct{}]bool
}

// snapshot is what a watcher is told of. The revision alone does not tell of progress.
type snapshot struct {
	revision int64
	progress float64
	message  string
	gone     bool
}

func newWatches() *watches {
	return &watches{tasks: map[string]*watched{}, soon: map[string]bool{}, poked: make(chan struct{}, 1)}
}

// Watch tells of changes of a task: changed receives after each, the first one that was
// looked for included, and is closed when the service stops; one that was not received yet
// stands for all that came since. What this server does is told at once; what another does,
// and progress, may be late by a second, or by five when ten thousand tasks are watched. It
// tells of nothing that the caller may not see: who receives asks [Service.Status]. stop
// lets go of it.
func (s *Service) Watch(id string) (changed <-chan struct{}, stop func()) {
	return s.watches.add(id)
}

// StopWatches closes what [Service.Watch] returned and will return, so that nobody who
// waits holds up the end of the server.
func (s *Service) StopWatches() { s.watches.close() }

func (w *watches) add(id string) (<-chan struct{}, func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := make(chan struct{}, 1)
	if w.closed {
		close(c)
		return c, func() {}
	}
	t := w.tasks[id]
	if t == nil {
		t = &watched{watchers: map[chan struct{}]bool{}}
		w.tasks[id] = t
	}
	t.watchers[c] = true
	return c, func() { w.remove(id, c) }
}

func (w *watches) remove(id string, c chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.tasks[id]
	if t == nil {
		return // all are closed
	}
	if delete(t.watchers, c); len(t.watchers) == 0 {
		delete(w.tasks, id)
	}
}

func (w *watches) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.tasks {
		for c := range t.watchers {
			close(c)
		}
	}
	clear(w.tasks)
	w.closed = true
}

// poke has a task looked at at once, if it is watched.
func (w *watches) poke(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.tasks[id] == nil {
		return
	}
	w.soon[id] = true
	select {
	case w.poked <- struct{}{}:
	default:
	}
}

// hurried are the tasks that were poked since the last time.
func (w *watches) hurried() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := slices.Collect(maps.Keys(w.soon))
	clear(w.soon)
	return ids
}

func (w *watches) ids() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := make([]string, 0, len(w.tasks))
	for id := range w.tasks {
		ids = append(ids, id)
	}
	return ids
}

// tell wakes who watches a task if it is not as it was.
func (w *watches) tell(id string, now snapshot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.tasks[id]
	if t == nil || t.seen == now {
		return
	}
	t.seen = now
	for c := range t.watchers {
		select {
		case c <- struct{}{}:
		default: // it has not taken the one before
		}
	}
}

// watchLoop looks at what is watched until ctx ends.
func (s *Service) watchLoop(ctx context.Context) {
	timer := time.NewTimer(watchEvery)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.watches.poked:
			s.lookAt(ctx, s.watches.hurried())
			continue
		case <-timer.C:
		}
		ids := s.watches.ids()
		s.lookAt(ctx, ids)
		timer.Reset(max(watchEvery, time.Duration(len(ids))*watchEach))
	}
}

func (s *Service) lookAt(ctx context.Context, ids []string) {
	for _, id := range ids {
		if now, ok := s.snapshot(ctx, id); ok {
			s.watches.tell(id, now)
		}
	}
}

// snapshot is how a task is now; ok is false when the store does not say.
func (s *Service) snapshot(ctx context.Context, id string) (now snapshot, ok bool) {
	t, err := s.tasks.Get(ctx, id)
	if errors.Is(err, task.ErrNotFound) {
		return snapshot{gone: true}, true
	}
	if err != nil {
		return snapshot{}, false // it is looked at again soon
	}
	v := s.view(ctx, t)
	return snapshot{revision: t.Revision, progress: v.Progress, message: v.Message}, true
}
