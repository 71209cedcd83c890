package job

import (
	"context"
	"sync"
)

// Hint says that jobs of a type may have become claimable: by anybody, or, when it names
// a worker, by that one alone.
type Hint struct {
	ContentType string
	WorkerID    string // "" for anybody
}

// Hints hands a store's hints to any number of readers: each gets every hint that is
// told while it reads, in order, but the same hint once while it has not taken it. A
// slow reader holds up nobody. The zero value is ready. It is safe for concurrent use.
type Hints struct {
	mu      sync.Mutex
	readers map[*hintReader]struct{} // mu guards it
	closed  bool                     // likewise
	done    sync.WaitGroup
}

// hintReader is what one reader has yet to take.
type hintReader struct {
	out    chan Hint
	news   chan struct{}      // has one element when there is something in line
	end    context.CancelFunc // of its goroutine
	line   []Hint             // guarded by Hints.mu, as is inLine
	inLine map[Hint]struct{}
}

// put is called with Hints.mu held.
func (r *hintReader) put(h Hint) {
	if _, there := r.inLine[h]; there {
		return
	}
	r.inLine[h] = struct{}{}
	r.line = append(r.line, h)
	select {
	case r.news <- struct{}{}:
	default:
	}
}

// Tell hands h to every reader.
func (h *Hints) Tell(hint Hint) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for r := range h.readers {
		r.put(hint)
	}
}

// Read returns a channel of hints: first what first returns, which is called when
// every hint told from then on will come, then those. The channel is closed when ctx
// ends or by Close.
func (h *Hints) Read(ctx context.Context, first func() []Hint) <-chan Hint {
	ctx, end := context.WithCancel(ctx)
	r := &hintReader{out: make(chan Hint), news: make(chan struct{}, 1), end: end, inLine: map[Hint]struct{}{}}
	if !h.enter(r) {
		end()
		close(r.out)
		return r.out
	}
	hints := first()
	h.mu.Lock()
	for _, hint := range hints {
		r.put(hint)
	}
	h.mu.Unlock()
	go h.serve(ctx, r)
	return r.out
}

func (h *Hints) enter(r *hintReader) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	if h.readers == nil {
		h.readers = map[*hintReader]struct{}{}
	}
	h.readers[r] = struct{}{}
	h.done.Add(1)
	return true
}

// serve hands the hints in line to their reader.
func (h *Hints) serve(ctx context.Context, r *hintReader) {
	defer h.done.Done()
	defer close(r.out)
	defer r.end()
	defer h.leave(r)
	for {
		hint, ok := h.next(r)
		if !ok {
			select {
			case <-r.news:
				continue
			case <-ctx.Done():
				return
			}
		}
		select {
		case r.out <- hint:
		case <-ctx.Done():
			return
		}
	}
}

func (h *Hints) next(r *hintReader) (Hint, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(r.line) == 0 {
		return Hint{}, false
	}
	hint := r.line[0]
	r.line = r.line[1:]
	delete(r.inLine, hint)
	return hint, true
}

func (h *Hints) leave(r *hintReader) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.readers, r)
}

// Close closes every reader's channel. Who reads from then on gets a closed one.
func (h *Hints) Close() {
	h.mu.Lock()
	h.closed = true
	for r := range h.readers {
		r.end()
	}
	h.mu.Unlock()
	h.done.Wait()
}
