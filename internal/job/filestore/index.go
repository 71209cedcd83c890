package filestore

import (
	"maps"
	"slices"
	"time"

	"morag/internal/job"
)

// index is the store's memory of its jobs. It does no locking: Store.mu guards it.
type index struct {
	policy job.Policy
	jobs   map[string]*header
	byAge  *ordered // all
	over   *ordered // those that are over, by when they ended
	queues map[string]*queue
	owners owners
	// together are the jobs in work that are not confirmed, by the ClaimID they share.
	together map[string][]*header
	turns    *heap // pending jobs whose claimability changes with time
	due      *heap
	status   []int // how many, by the place in job.Statuses
	bytes    int64
}

func newIndex(p job.Policy) *index {
	return &index{
		policy: p, jobs: map[string]*header{}, queues: map[string]*queue{}, owners: newOwners(), together: map[string][]*header{},
		byAge: newOrdered(byAge), over: newOrdered(byEnd),
		turns: turnHeap(), due: dueHeap(), status: make([]int, len(statuses)),
	}
}

// add takes in a new job. It is not claimable before [index.offer].
func (x *index) add(j *job.Job, size int64) *header {
	h := x.load(j, size)
	x.byAge.ReplaceOrInsert(h)
	return h
}

// load is add without its place by age: after many, [index.sort] gives them theirs.
func (x *index) load(j *job.Job, size int64) *header {
	h := &header{id: j.ID, owner: x.owners.of(j)}
	x.jobs[h.id] = h
	h.queue = x.queues[j.ContentType]
	if h.queue == nil {
		h.queue = newQueue(j.ContentType)
		x.queues[j.ContentType] = h.queue
	}
	h.queue.jobs++
	x.fill(h, j, size)
	return h
}

func (x *index) sort() {
	for _, h := range slices.SortedFunc(maps.Values(x.jobs), byAge) {
		x.byAge.ReplaceOrInsert(h)
	}
}

// change takes over a job's new record and makes it unclaimable.
func (x *index) change(h *header, j *job.Job, size int64) {
	x.withdraw(h)
	x.leave(h)
	x.fill(h, j, size)
}

func (x *index) fill(h *header, j *job.Job, size int64) {
	h.fill(x.policy, j, size)
	x.count(h, 1)
	x.bytes += h.size
	if statuses[h.status] == job.Pending {
		h.queue.waiting.set(h)
	} else {
		h.queue.waiting.drop(h)
	}
	if h.over != nil {
		x.over.ReplaceOrInsert(h)
	}
	if h.live != nil {
		x.owners.hold(h.owner, 1)
		h.queue.held[h] = struct{}{}
		if h.live.confirmed.IsZero() && h.live.together != "" {
			x.together[h.live.together] = append(x.together[h.live.together], h)
		}
	}
	x.watch(h)
}

// leave takes h out of what its present record has put it in, but for the heaps.
func (x *index) leave(h *header) {
	x.count(h, -1)
	x.bytes -= h.size
	if h.over != nil {
		x.over.Delete(h)
	}
	if h.live != nil {
		x.owners.hold(h.owner, -1)
		delete(h.queue.held, h)
		x.confirmed(h)
	}
}

// confirmed notes that a job in work need not be confirmed with others any more.
func (x *index) confirmed(h *header) {
	rest := slices.DeleteFunc(x.together[h.live.together], func(other *header) bool { return other == h })
	if len(rest) == 0 {
		delete(x.together, h.live.together)
		return
	}
	x.together[h.live.together] = rest
}

// count keeps the counters in step with h.
func (x *index) count(h *header, change int) {
	x.status[h.status] += change
	h.queue.status[h.status] += change
	if statuses[h.status] == job.Pending {
		x.owners.pending[h.owner.name] += change
	}
}

// watch puts h where its next due moment belongs.
func (x *index) watch(h *header) {
	if h.due == 0 {
		x.due.drop(h)
	} else {
		x.due.set(h)
	}
}

// remove forgets a job.
func (x *index) remove(h *header) {
	x.withdraw(h)
	h.queue.waiting.drop(h)
	x.due.drop(h)
	x.leave(h)
	if h.queue.jobs--; h.queue.jobs == 0 {
		delete(x.queues, h.queue.name)
	}
	delete(x.jobs, h.id)
	x.byAge.Delete(h)
}

// offer makes a pending job claimable, now or when its time comes, and tells
// whether it has become so for anybody.
func (x *index) offer(h *header, now int64) bool {
	if statuses[h.status] != job.Pending || h.ready != nil || h.turnAt != 0 {
		return false
	}
	x.drop(h)
	h.turn = 0
	if now < h.available {
		h.turn = h.available
	} else {
		h.queue.put(h, now)
		x.owners.wait(h.owner, 1)
		if now < h.reservedUntil {
			h.turn = h.reservedUntil
		}
	}
	if h.turn != 0 {
		x.turns.set(h)
	}
	return h.ready != nil
}

// withdraw makes a job unclaimable.
func (x *index) withdraw(h *header) {
	if h.ready != nil {
		h.queue.take(h)
		x.owners.wait(h.owner, -1)
	}
	x.turns.drop(h)
	x.drop(h)
}

// drop ends that a job is being claimed.
func (x *index) drop(h *header) {
	if h.picked {
		h.picked = false
		x.owners.hold(h.owner, -1)
	}
}

// pick takes out the first job of these types that w may claim at now, nil when there
// is none, and gives its owner its turn. Those that have met their deadline unclaimed it
// takes out on the way.
func (x *index) pick(w worker, types []string, now int64) *header {
	for {
		best := x.best(w, types)
		if best == nil {
			return nil
		}
		x.withdraw(best)
		if now < best.due {
			best.picked = true
			x.owners.serve(best.owner)
			return best
		}
	}
}

// best is the first job of these types that w may claim, of the first owner who has one.
func (x *index) best(w worker, types []string) (best *header) {
	x.owners.next.Ascend(func(o *owner) bool {
		for _, name := range types {
			if k := x.queues[name]; k != nil && k.lines[o] != nil {
				best = earlier(best, k.lines[o].best(w))
			}
		}
		return best == nil
	})
	return best
}

// ripe takes out the first job whose claimability changes by now, nil when there is
// none, and tells how long until the next one.
func (x *index) ripe(now int64) (h *header, wait time.Duration) {
	h = x.turns.first()
	if h == nil {
		return nil, time.Hour
	}
	if h.turn > now {
		return nil, time.Duration(h.turn-now) * time.Microsecond
	}
	x.withdraw(h)
	return h, 0
}
