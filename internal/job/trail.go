package job

import "sync"

// trailLength is how many changes a [Trail] knows.
const trailLength = 4096

// Trail knows which jobs of a store were changed last, and in which order. The zero value
// is ready. It is safe for concurrent use.
type Trail struct {
	mu   sync.Mutex
	last int64            // the number of the newest change
	ids  []string         // the job of change n is at n modulo trailLength
	at   map[string]int64 // the number of a job's newest change, if that is known
}

// Add notes that a job was created or changed.
func (t *Trail) Add(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.at == nil {
		t.ids, t.at = make([]string, trailLength), map[string]int64{}
	}
	t.last++
	place := &t.ids[t.last%trailLength]
	if t.at[*place] == t.last-trailLength {
		delete(t.at, *place)
	}
	*place, t.at[id] = id, t.last
}

// After returns up to n jobs that were changed after the mark, each once, the one that was
// changed longest ago first, and the mark to go on from. A negative mark stands for now.
// [ErrCursor] when not all changes after it are known.
func (t *Trail) After(mark int64, n int) (ids []string, next int64, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if mark < 0 {
		return nil, t.last, nil
	}
	if mark > t.last || t.last-mark > trailLength {
		return nil, mark, ErrCursor
	}
	next = mark
	for next < t.last && len(ids) < n {
		next++
		if id := t.ids[next%trailLength]; t.at[id] == next {
			ids = append(ids, id)
		}
	}
	return ids, next, nil
}
