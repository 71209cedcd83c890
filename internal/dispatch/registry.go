package dispatch

import (
	"slices"
	"sync"
	"time"

	"morag/internal/job"
)

// Worker is what is known of one worker. It is kept in memory: after a restart of
// the server workers are known again when they poll.
type Worker struct {
	ID       string
	Types    []string
	Version  string
	LastSeen time.Time
	InHand   []string // ids of the jobs it holds
	Done     int
	Failed   int
	Drained  bool
	// SetAside is until when it gets no jobs because it failed too often.
	SetAside time.Time
}

// The figures of the wire contract, section 1, rule 9.
const (
	failuresInRow = 5
	setAsideFirst = 5 * time.Minute
	setAsideMost  = time.Hour
	// maxWorkers bounds what strangers' worker ids can take; the longest silent are
	// forgotten.
	maxWorkers = 100_000
)

type worker struct {
	key      string // the name of the key that its id belongs to, "" for none yet
	types    []string
	version  string
	lastSeen time.Time
	inHand   map[string]string // content type by job id
	done     int
	failed   int
	drained  bool

	failing     map[string]bool // distinct jobs failed in a row
	unconfirmed int             // claims in a row that were never taken up
	setAside    time.Time
	penalty     time.Duration
}

// hold notes a job that the worker has taken. Most of the many that wait hold none.
func (w *worker) hold(j *job.Job) {
	if w.inHand == nil {
		w.inHand = map[string]string{}
	}
	w.inHand[j.ID] = j.ContentType
}

// registry knows the workers. It is safe for concurrent use.
type registry struct {
	now     func() time.Time
	goodKey func(key string) bool
	mu      sync.Mutex
	all     map[string]*worker // mu guards it and what is in it
}

func newRegistry(now func() time.Time, goodKey func(key string) bool) *registry {
	if goodKey == nil {
		goodKey = func(string) bool { return true }
	}
	return &registry{now: now, goodKey: goodKey, all: map[string]*worker{}}
}

// get answers the worker of that id, making it if need be. mu is held.
func (r *registry) get(id string) *worker {
	w := r.all[id]
	if w == nil {
		if len(r.all) >= maxWorkers {
			r.forgetOldest()
		}
		w = &worker{}
		r.all[id] = w
	}
	return w
}

func (r *registry) forgetOldest() {
	oldest, id := time.Time{}, ""
	for k, w := range r.all {
		if len(w.inHand) == 0 && !w.drained && (id == "" || w.lastSeen.Before(oldest)) {
			oldest, id = w.lastSeen, k
		}
	}
	delete(r.all, id)
}

// seen notes a poll. It is false, and nothing is noted, when the worker is another
// key's.
func (r *registry) seen(p Poll) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.get(p.WorkerID)
	if !r.own(w, p.Key) {
		return false
	}
	w.lastSeen = r.now()
	w.types = p.Types
	if p.Version != "" {
		w.version = p.Version
	}
	return true
}

// beat notes that a known worker lives.
func (r *registry) beat(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w := r.all[id]; w != nil {
		w.lastSeen = r.now()
	}
}

// holds notes at start who holds a job. Its types are not known until it polls.
func (r *registry) holds(j *job.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.get(j.WorkerID)
	r.own(w, j.ClaimedBy)
	w.lastSeen = r.now()
	w.hold(j)
}

// observe keeps in step with one change of a job.
func (r *registry) observe(j *job.Job, step job.Entry) {
	if step.WorkerID == "" {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.get(step.WorkerID)
	if step.To == job.Processing {
		w.hold(j)
		return
	}
	delete(w.inHand, j.ID)
	switch step.Reason {
	case string(job.Succeed):
		w.done++
		w.unconfirmed, w.penalty, w.setAside = 0, 0, time.Time{}
		clear(w.failing)
	case string(job.Fail):
		w.failed++
		// A final error says that the source is at fault, not the worker.
		if step.To == job.Pending || j.RetryCount >= j.MaxRetries && j.MaxRetries > 0 {
			if w.failing == nil {
				w.failing = map[string]bool{}
			}
			w.failing[j.ID] = true
		}
	case string(job.Unconfirmed):
		w.unconfirmed++
	}
	if len(w.failing) >= failuresInRow || w.unconfirmed >= failuresInRow {
		w.penalty = min(max(2*w.penalty, setAsideFirst), setAsideMost)
		w.setAside = r.now().Add(w.penalty)
		w.unconfirmed = 0
		clear(w.failing)
	}
}

// mayWork tells whether the worker is given jobs now.
func (r *registry) mayWork(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.all[id]
	return w == nil || !w.drained && !w.setAside.After(r.now())
}

// available tells whether a worker of the type is busy, or was seen within the last
// while, and is given jobs.
func (r *registry) available(contentType string, within time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	for _, w := range r.all {
		if w.drained || w.setAside.After(now) {
			continue
		}
		takes := slices.Contains(w.types, contentType)
		for _, t := range w.inHand {
			takes = takes || t == contentType
		}
		if takes && (len(w.inHand) > 0 || now.Sub(w.lastSeen) < within) {
			return true
		}
	}
	return false
}

// polls tells whether any worker of the key converts the type.
func (r *registry) polls(key, contentType string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.all {
		if w.key == key && slices.Contains(w.types, contentType) {
			return true
		}
	}
	return false
}

// startDrained makes a worker known that was drained before the restart.
func (r *registry) startDrained(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.get(id).drained = true
}

// drained lists the drained workers.
func (r *registry) drained() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := []string{}
	for id, w := range r.all {
		if w.drained {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (r *registry) drain(id string, drained bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.all[id]
	if w != nil {
		w.drained = drained
	}
	return w != nil
}

// resume gives a worker jobs again, whatever kept it from them, and answers what it
// converts.
func (r *registry) resume(id string) (types []string, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.all[id]
	if w == nil {
		return nil, false
	}
	w.drained, w.setAside, w.penalty, w.unconfirmed = false, time.Time{}, 0, 0
	clear(w.failing)
	return w.types, true
}

func (r *registry) list() []Worker {
	r.mu.Lock()
	defer r.mu.Unlock()
	workers := make([]Worker, 0, len(r.all))
	for id, w := range r.all {
		held := make([]string, 0, len(w.inHand))
		for job := range w.inHand {
			held = append(held, job)
		}
		slices.Sort(held)
		workers = append(workers, Worker{
			ID: id, Types: w.types, Version: w.version, LastSeen: w.lastSeen, InHand: held,
			Done: w.done, Failed: w.failed, Drained: w.drained, SetAside: w.setAside,
		})
	}
	slices.SortFunc(workers, func(a, b Worker) int { return b.LastSeen.Compare(a.LastSeen) })
	return workers
}

// Available tells whether a worker that converts the type was seen within the last
// while, or is busy now, and is neither drained nor set aside.
func (s *Service) Available(contentType string, within time.Duration) bool {
	return s.workers.available(contentType, within)
}

// Workers lists the workers, the one seen last first.
func (s *Service) Workers() []Worker { return s.workers.list() }
