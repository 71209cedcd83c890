package filestore

import "morag/internal/job"

// queue is one content type: how many jobs it has, and who waits for whom.
type queue struct {
	name    string
	jobs    int
	status  []int // how many, by the place in job.Statuses
	waiting *heap // the pending ones by age, claimable or not
	held    map[*header]struct{}

	// The claimable ones: for all, for one worker only, for all but one.
	open     *heap
	kept     map[worker]*heap
	withheld map[worker]*heap
}

func newQueue(name string) *queue {
	return &queue{name: name, status: make([]int, len(statuses)), waiting: waitingHeap(), held: map[*header]struct{}{}, open: readyHeap(), kept: map[worker]*heap{}, withheld: map[worker]*heap{}}
}

// put makes h claimable, by those it is not reserved from at now.
func (k *queue) put(h *header, now int64) {
	h.ready = k.open
	if now < h.reservedUntil {
		heaps := k.kept
		if h.withheld {
			heaps = k.withheld
		}
		if heaps[h.reserved] == nil {
			heaps[h.reserved] = readyHeap()
		}
		h.ready = heaps[h.reserved]
	}
	h.ready.set(h)
}

// take makes h unclaimable.
func (k *queue) take(h *header) {
	if h.ready == nil {
		return
	}
	h.ready.drop(h)
	if len(h.ready.items) == 0 && h.ready != k.open {
		heaps := k.kept
		if h.withheld {
			heaps = k.withheld
		}
		delete(heaps, h.reserved)
	}
	h.ready = nil
}

// hints tell who may find something here.
func (k *queue) hints() []job.Hint {
	var hints []job.Hint
	if len(k.open.items) > 0 || len(k.withheld) > 0 {
		hints = append(hints, job.Hint{ContentType: k.name})
	}
	for w := range k.kept {
		hints = append(hints, job.Hint{ContentType: k.name, WorkerID: w.Value()})
	}
	return hints
}

// hint is what to tell of a claimable job.
func (k *queue) hint(h *header) job.Hint {
	if h.ready == k.kept[h.reserved] {
		return job.Hint{ContentType: k.name, WorkerID: h.reserved.Value()}
	}
	return job.Hint{ContentType: k.name}
}

// best is the first that w may claim, nil when there is none. It looks at one job
// per worker that has just released or failed one, and else at two.
func (k *queue) best(w worker) *header {
	best := earlier(k.open.first(), k.kept[w].first())
	for from, heap := range k.withheld {
		if from != w {
			best = earlier(best, heap.first())
		}
	}
	return best
}

// earlier is the one of a and b, either of which may be nil, that is claimed first.
func earlier(a, b *header) *header {
	if a == nil || b != nil && byTurn(b, a) < 0 {
		return b
	}
	return a
}
