package task

import (
	"context"
	"slices"
	"sync"
)

// Hint is what a reader of a store is woken for.
type Hint string

// The hints.
const (
	// HintReady: a task may have become ready to run, or will be sooner than was known.
	HintReady Hint = "ready"
	// HintNotice: a notice may have become due.
	HintNotice Hint = "notice"
	// HintRevoked: a task was called off while it ran.
	HintRevoked Hint = "revoked"
	// HintItems: the items of a batch that waits may all have ended.
	HintItems Hint = "items"
)

// hintsOf are the hints that a change gives; before is nil for a new task.
func hintsOf(before, after *Task) (hints []Hint) {
	if before == nil {
		before = &Task{}
	}
	if after.Phase == Queued && (before.Phase != Queued || !after.RunAt.Equal(before.RunAt)) {
		hints = append(hints, HintReady)
	}
	if n := after.Pending(); n != nil {
		if b := before.Pending(); b == nil || !b.DueAt().Equal(n.DueAt()) {
			hints = append(hints, HintNotice)
		}
	}
	if before.Phase == Running && after.Status == Revoked {
		hints = append(hints, HintRevoked)
	}
	if after.Phase != before.Phase && (after.Phase == Ended && after.Batch != "" || after.Phase == Waiting && len(after.Items) > 0) {
		hints = append(hints, HintItems)
	}
	return hints
}

// Hints hands the hints of a store to any number of readers. The zero value is ready; it
// is safe for concurrent use.
type Hints struct {
	mu      sync.Mutex
	readers map[chan struct{}]Hint
}

// Read returns a channel that receives after the hint was told, once for all that was
// told since it was last read. A reader that does not read holds up nobody. When ctx
// ends nothing comes any more.
func (h *Hints) Read(ctx context.Context, of Hint) <-chan struct{} {
	reader := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.readers == nil {
		h.readers = map[chan struct{}]Hint{}
	}
	h.readers[reader] = of
	context.AfterFunc(ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.readers, reader)
	})
	return reader
}

// Tell hands out the hints of a change that others can see by now, and returns them; before
// is nil for a new task.
func (h *Hints) Tell(before, after *Task) []Hint {
	hints := hintsOf(before, after)
	h.Pass(hints...)
	return hints
}

// Pass hands out hints that somebody else has told.
func (h *Hints) Pass(hints ...Hint) {
	if len(hints) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for reader, of := range h.readers {
		if !slices.Contains(hints, of) {
			continue
		}
		select {
		case reader <- struct{}{}:
		default: // what is in the channel says the same
		}
	}
}
