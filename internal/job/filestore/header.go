package filestore

import (
	"cmp"
	"math"
	"strings"
	"time"
	"unique"

	"morag/internal/job"
)

// header is what memory holds of a job: where its file is and what decides who gets
// it and when. With its id, the map and the heaps it takes less than 300 bytes.
// Moments are in microseconds since 1970.
type header struct {
	id       string
	queue    *queue
	owner    *owner
	worker   worker // WorkerID of the record
	live     *live  // while it is processing
	over     *over  // when it is over
	revision int64
	created  int64
	size     int64

	due   int64 // when time changes it, 0 for never
	event uint8 // how: the place in dueEvents

	status   uint8 // the place in job.Statuses
	withheld bool  // reserved from, rather than for, the worker below
	stray    bool  // an outdated file of the job could not be removed
	picked   bool  // it is being claimed, and counts as held
	priority int32

	// A pending job is for nobody before available or from due on, and until
	// reservedUntil for one worker only, or for all but one.
	available     int64
	reserved      worker
	reservedUntil int64

	ready *heap // the heap of claimable jobs that it is in
	turn  int64 // when its place there changes, while it is in the heap of those

	// Places in the heaps, from 1; 0 when it is not in there.
	readyAt, turnAt, dueAt, waitingAt int32
}

// worker is a worker's name, kept once for all jobs.
type worker = unique.Handle[string]

// named is the handle of a name, the zero one for none.
func named(name string) worker {
	if name == "" {
		return worker{}
	}
	return unique.Make(name)
}

// nameOf is the name of a handle, "" for the zero one.
func nameOf(w worker) string {
	if w == (worker{}) {
		return ""
	}
	return w.Value()
}

// over is what decides whether a job that is over is still needed.
type over struct {
	at   int64 // when it ended
	task string
}

// live is what is known of a job in work. What follows key is known only in memory.
type live struct {
	together string // ClaimID of the record
	attempt  int
	key      worker // ClaimedBy of the record

	confirmed time.Time
	confirmBy time.Time
	lease     time.Time
	progress  float64
	message   string
	marked    bool // the file has confirmed_at
}

var (
	statuses  = job.Statuses()
	dueEvents = []job.Event{job.Expire, job.Unconfirmed, job.LoseLease}
)

func statusIndex(s job.Status) uint8 {
	for i, other := range statuses {
		if s == other {
			return uint8(i)
		}
	}
	return 0 // a record of another status is never read
}

// fill takes over what the record j says. Heaps and counters are the index's.
func (h *header) fill(p job.Policy, j *job.Job, size int64) {
	h.worker, h.revision, h.size = named(j.WorkerID), j.Revision, size
	h.status = statusIndex(j.Status)
	h.created = micro(j.CreatedAt)
	h.priority = int32(min(max(j.Priority, math.MinInt32), math.MaxInt32))

	h.available = micro(j.AvailableAt)
	h.reserved, h.withheld, h.reservedUntil = worker{}, false, 0
	if j.AssignedWorker != "" {
		h.reserved, h.reservedUntil = named(j.AssignedWorker), micro(p.AssignedUntil(j))
	} else if avoided, until := p.Avoided(j); avoided != "" {
		h.reserved, h.withheld, h.reservedUntil = named(avoided), true, micro(until)
	}

	if j.Status != job.Processing {
		h.live = nil
	} else if h.live == nil {
		h.live = new(live)
	}
	if h.live != nil {
		h.live.take(j)
		h.live.marked = !j.ConfirmedAt.IsZero()
		h.live.together, h.live.attempt, h.live.key = j.ClaimID, j.Attempt, named(j.ClaimedBy)
	}
	h.over = nil
	if j.Status.Terminal() {
		h.over = &over{at: micro(j.CompletedAt), task: j.IngestionTaskID}
	}
	h.schedule(p, j)
}

// schedule notes what time will bring to the job j, whose header h is.
func (h *header) schedule(p job.Policy, j *job.Job) {
	h.due = 0
	event, at, ok := p.Due(j)
	if !ok {
		return
	}
	h.due = max(micro(at), 1)
	for i, e := range dueEvents {
		if e == event {
			h.event = uint8(i)
		}
	}
}

// take notes what j says of its hold.
func (l *live) take(j *job.Job) {
	l.confirmed, l.confirmBy, l.lease = j.ConfirmedAt, j.ConfirmBy, j.LeaseExpiresAt
	l.progress, l.message = j.Progress, j.ProgressMessage
}

// show puts into j, as it was read from its file, what is known only in memory.
func (l *live) show(j *job.Job) {
	if l == nil {
		return
	}
	j.ConfirmedAt, j.ConfirmBy, j.LeaseExpiresAt = l.confirmed, l.confirmBy, l.lease
	j.Progress, j.ProgressMessage = l.progress, l.message
}

func micro(t time.Time) int64 { return t.UnixMicro() }

// byTurn: which of an owner's is claimed first.
func byTurn(a, b *header) int {
	if a.priority != b.priority {
		return cmp.Compare(b.priority, a.priority)
	}
	return byAge(a, b)
}

// byEnd orders jobs that are over.
func byEnd(a, b *header) int {
	if a.over.at != b.over.at {
		return cmp.Compare(a.over.at, b.over.at)
	}
	return strings.Compare(a.id, b.id)
}

func byAge(a, b *header) int {
	if a.created != b.created {
		return cmp.Compare(a.created, b.created)
	}
	return strings.Compare(a.id, b.id)
}
