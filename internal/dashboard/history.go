package dashboard

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"morag/internal/auth"
	"morag/internal/ingest"
	"morag/internal/task"
)

// ended is one ingestion that is over.
type ended struct {
	id, contentType string
	at              time.Time
	good            bool
}

// changes returns up to n tasks that have changed since a mark, as [ingest.Service.Changes].
type changes func(ctx context.Context, after int64, n int) ([]ingest.View, int64, error)

// history counts the ingestions that have ended, by the minute and the hour, for a week: what
// the charts show. It reads what there is once, when it is asked for the first time, and
// from then on only what changes.
type history struct {
	changes changes
	past    func(ctx context.Context, since time.Time, add func(ended)) error
	now     func() time.Time
	log     *slog.Logger
	wanted  chan struct{}
	want    sync.Once

	mu      sync.Mutex // guards what follows
	ready   bool
	minutes map[int64]map[string]tally // by minutes since 1970 and content type
	hours   map[int64]map[string]tally
	counted map[string]time.Time // when the ends of the last hour were, by task
}

// tally is how many have ended well, and how many have failed.
type tally struct{ Done, Failed int }

func (t *tally) add(o tally) { t.Done, t.Failed = t.Done+o.Done, t.Failed+o.Failed }

const (
	minutesKept = time.Hour
	hoursKept   = 7 * 24 * time.Hour
	lookEvery   = 2 * time.Second
	pageSize    = 1000
)

func newHistory(c changes, past func(ctx context.Context, since time.Time, add func(ended)) error, now func() time.Time, log *slog.Logger) *history {
	return &history{
		changes: c, past: past, now: now, log: log, wanted: make(chan struct{}),
		minutes: map[int64]map[string]tally{}, hours: map[int64]map[string]tally{}, counted: map[string]time.Time{},
	}
}

// run counts until ctx ends, from the first time that somebody asks.
func (h *history) run(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-h.wanted:
	}
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	mark, begun, failed := int64(-1), false, false
	for {
		var err error
		if mark, err = h.look(ctx, mark, &begun); err != nil && !failed && ctx.Err() == nil {
			h.log.Warn("the charts of what has ended are not kept", "err", err)
		}
		failed = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look counts what has changed since the mark, and first of all what was there before.
func (h *history) look(ctx context.Context, mark int64, begun *bool) (int64, error) {
	for {
		views, next, err := h.changes(ctx, mark, pageSize)
		if err != nil {
			return mark, err
		}
		mark = next
		if !*begun {
			if err := h.past(ctx, h.now().Add(-hoursKept), h.add); err != nil {
				return -1, err
			}
			*begun = true
			h.mu.Lock()
			h.ready = true
			h.mu.Unlock()
		}
		for _, v := range views {
			if e, over := endOf(v.Task); over {
				h.add(e)
			}
		}
		if len(views) < pageSize {
			h.forget()
			return mark, nil
		}
	}
}

// endOf is the end of a task that has one to be counted: nobody has failed when a task is
// called off, and a batch ends with its items.
func endOf(t *task.Task) (ended, bool) {
	if t.Phase != task.Ended || t.Status == task.Revoked || len(t.Items) > 0 {
		return ended{}, false
	}
	return ended{id: t.ID, contentType: t.Source.ContentType, at: t.CompletedAt, good: t.Status == task.Success}, true
}

// add counts an end, once: of a task that changes after its end it comes again. An end is
// heard of within seconds, so one of more than an hour ago was counted.
func (h *history) add(e ended) {
	h.mu.Lock()
	defer h.mu.Unlock()
	age := h.now().Sub(e.at)
	if age > hoursKept || h.ready && age > minutesKept || h.counted[e.id].Equal(e.at) {
		return
	}
	one := tally{Done: 1}
	if !e.good {
		one = tally{Failed: 1}
	}
	if age <= minutesKept {
		h.counted[e.id] = e.at
		count(h.minutes, e.at.Unix()/60, e.contentType, one)
	}
	count(h.hours, e.at.Unix()/3600, e.contentType, one)
}

func count(buckets map[int64]map[string]tally, at int64, contentType string, one tally) {
	if buckets[at] == nil {
		buckets[at] = map[string]tally{}
	}
	t := buckets[at][contentType]
	t.add(one)
	buckets[at][contentType] = t
}

// forget drops what no chart shows any more.
func (h *history) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	maps.DeleteFunc(h.minutes, func(m int64, _ map[string]tally) bool { return m < now.Add(-minutesKept).Unix()/60 })
	maps.DeleteFunc(h.hours, func(n int64, _ map[string]tally) bool { return n < now.Add(-hoursKept).Unix()/3600 })
	maps.DeleteFunc(h.counted, func(_ string, at time.Time) bool { return now.Sub(at) > minutesKept })
}

// span is how far back a chart goes.
type span struct {
	Name  string
	bars  int
	width time.Duration // of a bar
}

var spans = []span{{"hour", 60, time.Minute}, {"day", 24, time.Hour}, {"week", 28, 6 * time.Hour}}

// series is what has ended of one content type, oldest first.
type series struct {
	Type  string
	Bars  []tally
	Sum   tally
	Begin time.Time
	Width time.Duration
}

// series returns the sum of all types, and each type that something has ended of, the
// busiest first; ready is false until the past is counted.
func (h *history) series(s span) (all series, types []series, ready bool) {
	h.want.Do(func() { close(h.wanted) })
	h.mu.Lock()
	defer h.mu.Unlock()
	buckets, each := h.hours, time.Hour
	if s.width < time.Hour {
		buckets, each = h.minutes, time.Minute
	}
	last := h.now().Unix()/int64(each/time.Second) + 1 // the bucket after the present one
	per := int64(s.width / each)
	first := last - per*int64(s.bars)
	empty := func(name string) series {
		return series{Type: name, Bars: make([]tally, s.bars), Begin: time.Unix(first*int64(each/time.Second), 0).UTC(), Width: s.width}
	}
	all = empty("")
	byType := map[string]*series{}
	for at, counts := range buckets {
		if at < first || at >= last {
			continue
		}
		for contentType, t := range counts {
			of := byType[contentType]
			if of == nil {
				fresh := empty(contentType)
				of, byType[contentType] = &fresh, &fresh
			}
			for _, to := range []*series{of, &all} {
				to.Bars[(at-first)/per].add(t)
				to.Sum.add(t)
			}
		}
	}
	for _, of := range byType {
		types = append(types, *of)
	}
	slices.SortFunc(types, func(a, b series) int {
		return cmp.Or(cmp.Compare(b.Sum.Done+b.Sum.Failed, a.Sum.Done+a.Sum.Failed), cmp.Compare(a.Type, b.Type))
	})
	return all, types, h.ready
}

// endedTasks reads the tasks that have ended since, the newest first, as far back as they were
// handed in a day before that: a task is seldom longer under way.
func (d *Dashboard) endedTasks(ctx context.Context, since time.Time, add func(ended)) error {
	for _, status := range []task.Status{task.Success, task.Failure} {
		for cursor := ""; ; {
			page, next, err := d.Ingest.List(ctx, auth.Everything(), task.Filter{Status: []task.Status{status}, Limit: pageSize, Cursor: cursor})
			if errors.Is(err, task.ErrCursor) {
				break
			}
			if err != nil {
				return err
			}
			for _, v := range page {
				if e, over := endOf(v.Task); over && e.at.After(since) {
					add(e)
				}
			}
			if cursor = next; next == "" || page[len(page)-1].CreatedAt.Before(since.Add(-24*time.Hour)) {
				break
			}
		}
	}
	return nil
}
