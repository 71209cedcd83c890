package dispatch

import (
	"context"
	"sync"
	"time"

	"morag/internal/job"
	"morag/internal/recent"
)

// Statistics is what operators are told about the queue. What follows Stats is a hint: what
// this server has seen itself, and learned at its start from the newest jobs.
type Statistics struct {
	job.Stats
	AverageSeconds map[string]float64 // of completed jobs, by content type
	Created24h     int
	Rates          map[string]Rate // by content type, over the last hour
	At             time.Time
}

// Rate is what became of a type's jobs in the last hour.
type Rate struct {
	Completed int
	Failed    int // failed or timed out for good
}

// maxTypes is of how many content types it is known what became of their jobs: clients
// name any.
const maxTypes = 1000

// tally counts jobs by the hour. It is safe for concurrent use.
type tally struct {
	mu      sync.Mutex
	created map[int64]int               // by hours since 1970; mu guards all
	ended   *recent.Map[map[int64]Rate] // by content type and minutes since 1970
}

func newTally() *tally {
	return &tally{created: map[int64]int{}, ended: recent.NewMap[map[int64]Rate](maxTypes)}
}

func hour(t time.Time) int64   { return t.Unix() / 3600 }
func minute(t time.Time) int64 { return t.Unix() / 60 }

func (t *tally) create(at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.created[hour(at)]++
	for h := range t.created {
		if h <= hour(at)-24 {
			delete(t.created, h)
		}
	}
}

// end counts an end, but not of too many types of one owner.
func (t *tally) end(owner, contentType string, status job.Status, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	minutes, known := t.ended.Get(contentType)
	if !known {
		minutes = map[int64]Rate{}
		if !t.ended.Add(owner, contentType, minutes) {
			return
		}
	}
	r := minutes[minute(at)]
	switch status {
	case job.Completed:
		r.Completed++
	case job.Failed, job.Timeout:
		r.Failed++
	}
	minutes[minute(at)] = r
	for m := range minutes {
		if m <= minute(at)-60 {
			delete(minutes, m)
		}
	}
}

func (t *tally) read(now time.Time) (created int, rates map[string]Rate) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for h, n := range t.created {
		if h > hour(now)-24 {
			created += n
		}
	}
	rates = map[string]Rate{}
	for contentType, minutes := range t.ended.All() {
		var sum Rate
		for m, r := range minutes {
			if m > minute(now)-60 {
				sum.Completed += r.Completed
				sum.Failed += r.Failed
			}
		}
		if sum != (Rate{}) {
			rates[contentType] = sum
		}
	}
	return created, rates
}

// Statistics returns the store's counters and what has been learned of the jobs.
func (s *Service) Statistics(ctx context.Context) (Statistics, error) {
	stats, err := s.store.Stats(ctx)
	if err != nil {
		return Statistics{}, err
	}
	now := s.now()
	created, rates := s.tally.read(now)
	return Statistics{Stats: stats, AverageSeconds: s.took.Averages(), Created24h: created, Rates: rates, At: now}, nil
}
