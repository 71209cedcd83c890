package filestore

// line is the claimable jobs of one owner and content type: for all, for one worker only,
// for all but one.
type line struct {
	open     *heap
	kept     map[worker]*heap
	withheld map[worker]*heap
}

func newLine() *line {
	return &line{open: readyHeap(), kept: map[worker]*heap{}, withheld: map[worker]*heap{}}
}

func (l *line) empty() bool { return len(l.open.items)+len(l.kept)+len(l.withheld) == 0 }

// reserved are the heaps of jobs like h while they are not for all.
func (l *line) reserved(h *header) map[worker]*heap {
	if h.withheld {
		return l.withheld
	}
	return l.kept
}

func (l *line) put(h *header, now int64) {
	h.ready = l.open
	if now < h.reservedUntil {
		heaps := l.reserved(h)
		if heaps[h.reserved] == nil {
			heaps[h.reserved] = readyHeap()
		}
		h.ready = heaps[h.reserved]
	}
	h.ready.set(h)
}

func (l *line) take(h *header) {
	h.ready.drop(h)
	if len(h.ready.items) == 0 && h.ready != l.open {
		delete(l.reserved(h), h.reserved)
	}
	h.ready = nil
}

// best is the first that w may claim, nil when there is none. It looks at one job
// per worker that has just released or failed one, and else at two.
func (l *line) best(w worker) *header {
	best := earlier(l.open.first(), l.kept[w].first())
	for from, heap := range l.withheld {
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
