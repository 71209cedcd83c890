package memstore

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"morag/internal/job"
	"morag/internal/share"
)

// Place is where any number of stores keep the same jobs, as several servers would in
// one database.
type Place struct {
	policy job.Policy
	clock  *job.Clock

	mu      sync.Mutex // guards what follows
	open    map[*Store]struct{}
	jobs    map[string]*job.Job // without ResultData
	results map[string]json.RawMessage
	created int            // how many jobs were ever created
	order   map[string]int // by id: which creation it was
	served  map[line]int64 // the number of an owner's last turn
	trail   job.Trail
}

// NewPlace makes an empty place. A nil now means time.Now.
func NewPlace(p job.Policy, now func() time.Time) *Place {
	return &Place{
		policy: p.WithDefaults(), clock: job.NewClock(now, time.Time{}), open: map[*Store]struct{}{},
		jobs: map[string]*job.Job{}, results: map[string]json.RawMessage{}, order: map[string]int{}, served: map[line]int64{},
	}
}

// Open makes a store at the place. Close ends its goroutine.
func (p *Place) Open() *Store {
	s := &Store{place: p, wake: make(chan struct{}, 1), done: make(chan struct{}), ended: make(chan struct{})}
	p.mu.Lock()
	now := p.clock.Now()
	if len(p.open) == 0 {
		for _, j := range p.jobs {
			p.policy.Resume(j, now)
		}
	}
	p.open[s] = struct{}{}
	s.seen = now
	p.mu.Unlock()
	go s.run()
	return s
}

// find is the stored job; p is locked, as in all below.
func (p *Place) find(id string) (*job.Job, error) {
	j, ok := p.jobs[id]
	if !ok {
		return nil, fmt.Errorf("job %s: %w", id, job.ErrNotFound)
	}
	return j, nil
}

// put stores j and tells the waiting.
func (p *Place) put(j *job.Job) {
	if j.ResultData != nil {
		p.results[j.ID] = j.ResultData
		j.ResultData = nil
	}
	p.jobs[j.ID] = j
	p.trail.Add(j.ID)
	if j.Status != job.Pending {
		return
	}
	hint, open := p.hint(j, p.clock.Now())
	for s := range p.open {
		if open {
			s.hints.Tell(hint)
		}
		s.wakeRun() // its time may come
	}
}

// hint is what to tell of a job, if it is claimable for anybody.
func (p *Place) hint(j *job.Job, now time.Time) (job.Hint, bool) {
	h := job.Hint{ContentType: j.ContentType}
	if j.Status != job.Pending || j.AvailableAt.After(now) {
		return h, false
	}
	if j.AssignedWorker != "" && now.Before(p.policy.AssignedUntil(j)) {
		h.WorkerID = j.AssignedWorker
	}
	return h, true
}

// confirm confirms what was claimed together and is not confirmed yet.
func (p *Place) confirm(together string, now time.Time) {
	for _, j := range p.jobs {
		if together == "" || j.ClaimID != together || j.Status != job.Processing || !j.ConfirmedAt.IsZero() {
			continue
		}
		next := j.Clone()
		if err := p.policy.Alive(next, job.Beat{}, now); err == nil {
			p.put(next)
		}
	}
}

// line is what waits of one owner.
type line struct {
	owner      string
	precedence int
}

func lineOf(j *job.Job) line { return line{j.Owner, j.Precedence} }

// best is the job of these types that the worker claims next, nil when there is none.
func (p *Place) best(worker string, types []string, now time.Time) *job.Job {
	held := map[line]int{}
	var open []*job.Job
	for _, j := range p.jobs {
		if j.Status == job.Processing {
			held[lineOf(j)]++
		}
		if slices.Contains(types, j.ContentType) && p.policy.Claimable(j, worker, now) == nil {
			open = append(open, j)
		}
	}
	if len(open) == 0 {
		return nil
	}
	turn := func(j *job.Job) share.Turn {
		return share.Turn{Precedence: j.Precedence, Held: held[lineOf(j)], Served: p.served[lineOf(j)]}
	}
	return slices.MinFunc(open, func(a, b *job.Job) int {
		return cmp.Or(turn(a).Compare(turn(b)), cmp.Compare(a.Owner, b.Owner), cmp.Compare(b.Priority, a.Priority),
			a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(p.order[a.ID], p.order[b.ID]))
	})
}
