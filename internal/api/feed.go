package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"time"

	"morag/internal/auth"
	"morag/internal/dispatch"
	"morag/internal/feed"
	"morag/internal/fleet"
	"morag/internal/job"
	"morag/internal/wire"
)

// maxChanges is how many changes of one kind are looked up at a time.
const maxChanges = 1000

// The pace at which figures and workers are looked at while somebody listens: for many
// workers longer, since all are read.
const (
	statsEvery  = 2 * time.Second
	workersEach = time.Millisecond // of the interval, for each worker
)

// events tells of all that changes, as it changes, from where the caller was the last time.
func (s *Server) events(w http.ResponseWriter, r *http.Request, in eventsFrom) error {
	l := s.feed.Listen(in.LastEventID, s.figures)
	return s.streams.serve(w, r, feedTeller{l}, func() {})
}

type eventsFrom struct {
	LastEventID string `header:"Last-Event-ID" doc:"the id of the event that came last: what came after it is told"`
}

// feedTeller makes a stream of a feed.
type feedTeller struct{ *feed.Listener }

func (t feedTeller) news() (<-chan struct{}, bool) { return t.News(), false }

func (t feedTeller) next(ctx context.Context) (events []byte, over bool, err error) {
	events, err = t.Next(ctx)
	return events, false, err
}

// newFeed makes the feed of what changes here. All of it is read from the stores, so that
// what another server does is told, too.
func (s *Server) newFeed() *feed.Feed {
	return feed.New(s.log, s.changedTasks(), s.changedJobs(), s.changedWorkers(), s.changedFigures())
}

// changedTasks are the tasks, without the results, which may be large.
func (s *Server) changedTasks() feed.Source {
	mark := int64(-1)
	return func(ctx context.Context) ([]feed.Event, error) {
		views, next, err := s.Ingest.Changes(ctx, mark, maxChanges)
		if err != nil {
			return nil, err
		}
		mark = next
		var events []feed.Event
		for _, v := range views {
			shown := taskOf(v)
			shown.Owner, shown.Result = v.Owner, json.RawMessage("null")
			events = append(events, feed.Event{Name: "task", Data: shown})
		}
		return events, nil
	}
}

func (s *Server) changedJobs() feed.Source {
	mark := int64(-1)
	return func(ctx context.Context) ([]feed.Event, error) {
		jobs, next, err := s.Dispatch.Changes(ctx, mark, maxChanges)
		if errors.Is(err, job.ErrCursor) {
			mark = -1 // more has changed than is known
			return []feed.Event{{Name: "reset", Data: map[string]string{"reason": "too many jobs have changed at once: ask how things are"}}}, nil
		}
		if err != nil {
			return nil, err
		}
		mark = next
		var events []feed.Event
		for _, j := range jobs {
			events = append(events, feed.Event{Name: "job", Data: s.statusOf(j)})
		}
		return events, nil
	}
}

// changedWorkers are the workers of which more has changed than when they were seen last.
func (s *Server) changedWorkers() feed.Source {
	var known map[string]dispatch.Worker
	var due time.Time
	return func(ctx context.Context) ([]feed.Event, error) {
		if s.Now().Before(due) {
			return nil, nil
		}
		workers, _, err := s.Dispatch.Workers(ctx, fleet.Page{})
		if err != nil {
			return nil, err
		}
		due = s.Now().Add(max(statsEvery, time.Duration(len(workers))*workersEach))
		var events []feed.Event
		now := make(map[string]dispatch.Worker, len(workers))
		for _, w := range workers {
			before, was := known[w.ID]
			before.LastSeen = w.LastSeen
			if now[w.ID] = w; known != nil && (!was || !reflect.DeepEqual(before, w)) {
				events = append(events, feed.Event{Name: "worker", Data: workerOf(w)})
			}
		}
		known = now
		return events, nil
	}
}

func (s *Server) changedFigures() feed.Source {
	var known wire.Stats
	var due time.Time
	return func(ctx context.Context) ([]feed.Event, error) {
		if s.Now().Before(due) {
			return nil, nil
		}
		now, err := s.stats(ctx)
		if err != nil {
			return nil, err
		}
		due = s.Now().Add(statsEvery)
		if reflect.DeepEqual(known, now) {
			return nil, nil
		}
		known = now
		return []feed.Event{{Name: "stats", Data: now}}, nil
	}
}

// figures are what a listener is told first.
func (s *Server) figures(ctx context.Context) (feed.Event, error) {
	now, err := s.stats(ctx)
	return feed.Event{Name: "stats", Data: now}, err
}

func (s *Server) stats(ctx context.Context) (out wire.Stats, err error) {
	jobs, err := s.Dispatch.Stats(ctx)
	if err != nil {
		return out, err
	}
	tasks, err := s.Ingest.Count(ctx, auth.Everything())
	if err != nil {
		return out, err
	}
	out = wire.Stats{Jobs: map[string]int{}, Tasks: map[string]int{}}
	for _, status := range job.Statuses() {
		out.Jobs[string(status)] = jobs.Status[status]
	}
	for status, n := range tasks {
		out.Tasks[string(status)] = n
	}
	return out, nil
}
