package job

import (
	"fmt"
	"hash/fnv"
	"time"
)

// Policy is how long and how often. The zero value of a field means the default
// that [Policy.WithDefaults] names.
type Policy struct {
	BackoffBase    time.Duration // wait before the first retry, doubling: 30 s
	BackoffCap     time.Duration // longest wait: 1 h
	MaxRetries     int           // of a job that names none: 3
	ConfirmTimeout time.Duration // from claim to the first heartbeat: 120 s
	AssignWindow   time.Duration // an assignment binds so long, see AssignedUntil: 300 s
	// OthersFirst is how long after a backoff a job is kept from the worker that has
	// failed it: 1 s, negative for not at all. Another that is waiting takes it at
	// once; where there is no other, so little is not missed.
	OthersFirst time.Duration
	Timeouts    map[string]time.Duration // by content type, over the defaults
}

// WithDefaults fills what is zero.
func (p Policy) WithDefaults() Policy {
	fill := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	fill(&p.BackoffBase, 30*time.Second)
	fill(&p.BackoffCap, time.Hour)
	fill(&p.ConfirmTimeout, 120*time.Second)
	fill(&p.AssignWindow, 300*time.Second)
	fill(&p.OthersFirst, time.Second)
	if p.MaxRetries == 0 {
		p.MaxRetries = 3
	}
	return p
}

// defaultTimeouts are the figures of the wire contract, in section 1, rule 2.
var defaultTimeouts = map[string]time.Duration{
	"audio":    3600 * time.Second,
	"video":    3600 * time.Second,
	"youtube":  1800 * time.Second,
	"document": 900 * time.Second,
	"web":      600 * time.Second,
	"image":    300 * time.Second,
}

// TimeoutFor is how long a job of this type may take when it does not say.
func (p Policy) TimeoutFor(contentType string) time.Duration {
	if d := p.Timeouts[contentType]; d > 0 {
		return d
	}
	if d, ok := defaultTimeouts[contentType]; ok {
		return d
	}
	return 1800 * time.Second
}

// Backoff is the wait before retry number n (from 1) of the job id: base·2^(n-1), at
// most the cap, moved by up to a tenth either way, though not over the cap, so that
// jobs that failed together do not return together. The jitter is a function of its
// arguments, so a transition that runs twice decides the same.
func (p Policy) Backoff(id string, n int) time.Duration {
	wait := min(p.BackoffBase, p.BackoffCap)
	for i := 1; i < n && wait < p.BackoffCap; i++ {
		wait = min(2*wait, p.BackoffCap)
	}
	low, high := wait-wait/10, min(wait+wait/10, p.BackoffCap)
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", id, n)
	jitter := time.Duration(h.Sum64() % uint64(high-low+1))
	return (low + jitter).Truncate(time.Microsecond) // as fine as a record's times
}

// Longest is how long all tries of the job may take together, from its creation or its
// last manual retry on.
func (j *Job) Longest() time.Duration { return time.Duration(2*(j.MaxRetries+1)) * j.Timeout() }

// lastDeadline is the moment no try may go beyond.
func (j *Job) lastDeadline() time.Time { return j.OpenedAt.Add(j.Longest()) }

// setDeadline lets the job wait or work until start + its timeout, but never
// beyond its last deadline.
func (j *Job) setDeadline(start time.Time) {
	at := start.Add(j.Timeout())
	if last := j.lastDeadline(); at.After(last) {
		at = last
	}
	j.TimeoutAt = at
}

// Due is the event that time alone brings to a job, and when: its deadline, or before
// that the end of silence: of a claim that nobody has confirmed, until the first
// heartbeat, and of a lease, from there on. ok is false for a job that is over.
func (p Policy) Due(j *Job) (e Event, at time.Time, ok bool) {
	if j.Status.Terminal() {
		return "", time.Time{}, false
	}
	if j.Status == Processing {
		if e, at = p.silent(j); !at.IsZero() && at.Before(j.TimeoutAt) {
			return e, at, true
		}
	}
	return Expire, j.TimeoutAt, true
}

// silent is when the worker that holds j has been silent for too long, and what follows;
// zero when it may be silent until the deadline.
func (p Policy) silent(j *Job) (Event, time.Time) {
	switch {
	case !j.ConfirmedAt.IsZero():
		return LoseLease, j.LeaseExpiresAt
	case !j.ConfirmBy.IsZero():
		return Unconfirmed, j.ConfirmBy
	}
	return Unconfirmed, j.StartedAt.Add(p.ConfirmTimeout)
}

// Claimable is nil when worker may claim j now; else [ErrConflict] (not pending, not
// yet available, or past its deadline) or [ErrNotYours].
func (p Policy) Claimable(j *Job, worker string, now time.Time) error {
	if j.Status != Pending || j.AvailableAt.After(now) || !j.TimeoutAt.After(now) {
		return ErrConflict
	}
	if worker == "" || j.AssignedWorker != "" && j.AssignedWorker != worker && now.Before(p.AssignedUntil(j)) {
		return ErrNotYours
	}
	if avoided, until := p.Avoided(j); avoided == worker && now.Before(until) {
		return ErrNotYours
	}
	return nil
}

// AssignedUntil is when an assigned j opens to all: one window after its worker could
// first have claimed it.
func (p Policy) AssignedUntil(j *Job) time.Time {
	from := j.AssignedAt
	if j.AvailableAt.After(from) {
		from = j.AvailableAt
	}
	return from.Add(p.AssignWindow)
}

// Opens returns the moments, past or to come, at which a pending j becomes claimable
// for anybody: its AvailableAt, the end of its assignment, and the end of the time in
// which its releaser does not get it back. A store tells each by Wake.
func (p Policy) Opens(j *Job) []time.Time {
	if j.Status != Pending {
		return nil
	}
	at := []time.Time{j.AvailableAt}
	if j.AssignedWorker != "" {
		at = append(at, p.AssignedUntil(j))
	}
	if avoided, until := p.Avoided(j); avoided != "" {
		at = append(at, until)
	}
	return at
}

// Avoided is the worker that does not get j back for now, and until when: its
// releaser for one backoff, and whoever failed it until others had a chance to take
// it.
func (p Policy) Avoided(j *Job) (worker string, until time.Time) {
	if j.Status != Pending {
		return "", time.Time{}
	}
	switch last := j.lastStep(); Event(last.Reason) {
	case Release:
		return last.WorkerID, last.At.Add(p.Backoff(j.ID, j.RetryCount+1))
	case Fail, LoseLease:
		return last.WorkerID, j.AvailableAt.Add(max(p.OthersFirst, 0))
	}
	return "", time.Time{}
}
