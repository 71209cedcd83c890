package filestore

import "morag/internal/job"

// queue is one content type: how many jobs it has, and who waits for whom.
type queue struct {
	name    string
	jobs    int
	status  []int // how many, by the place in job.Statuses
	waiting *heap // the pending ones by age, claimable or not
	held    map[*header]struct{}

	lines map[*owner]*line // the claimable ones
}

func newQueue(name string) *queue {
	return &queue{name: name, status: make([]int, len(statuses)), waiting: waitingHeap(), held: map[*header]struct{}{}, lines: map[*owner]*line{}}
}

// put makes h claimable, by those it is not reserved from at now.
func (k *queue) put(h *header, now int64) {
	if k.lines[h.owner] == nil {
		k.lines[h.owner] = newLine()
	}
	k.lines[h.owner].put(h, now)
}

// take makes h, which is claimable, unclaimable.
func (k *queue) take(h *header) {
	l := k.lines[h.owner]
	if l.take(h); l.empty() {
		delete(k.lines, h.owner)
	}
}

// hints tell who may find something here.
func (k *queue) hints() []job.Hint {
	var hints []job.Hint
	for _, l := range k.lines {
		if len(l.open.items) > 0 || len(l.withheld) > 0 {
			hints = append(hints, job.Hint{ContentType: k.name})
		}
		for w := range l.kept {
			hints = append(hints, job.Hint{ContentType: k.name, WorkerID: w.Value()})
		}
	}
	return hints
}

// hint is what to tell of a claimable job.
func (k *queue) hint(h *header) job.Hint {
	if h.ready == k.lines[h.owner].kept[h.reserved] {
		return job.Hint{ContentType: k.name, WorkerID: h.reserved.Value()}
	}
	return job.Hint{ContentType: k.name}
}
