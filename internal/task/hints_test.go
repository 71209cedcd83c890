package task_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"morag/internal/task"
)

var allHints = []task.Hint{task.HintReady, task.HintNotice, task.HintRevoked, task.HintItems}

// told are the hints of a change.
func told(t *testing.T, before, after *task.Task) (hints []task.Hint) {
	t.Helper()
	var h task.Hints
	readers := map[task.Hint]<-chan struct{}{}
	for _, of := range allHints {
		readers[of] = h.Read(t.Context(), of)
	}
	h.Tell(before, after)
	for _, of := range allHints {
		select {
		case <-readers[of]:
			hints = append(hints, of)
		default:
		}
	}
	return hints
}

// Every phase before and after, of a plain task, an item and a batch: what is hinted at is
// in the table, and nothing else.
func TestHintsOfEveryChangeOfPhase(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"plain", "item", "batch"} {
		for _, from := range append(task.Phases(), "") {
			for _, to := range task.Phases() {
				before, after := &task.Task{Phase: from, Status: task.Progress}, &task.Task{Phase: to, Status: task.Progress}
				for _, k := range []*task.Task{before, after} {
					switch kind {
					case "item":
						k.Batch = "b"
					case "batch":
						k.Items = []string{"i"}
					}
				}
				if from == "" {
					before = nil
				}
				var want []task.Hint
				if to == task.Queued && from != task.Queued {
					want = append(want, task.HintReady)
				}
				if from != to && (kind == "item" && to == task.Ended || kind == "batch" && to == task.Waiting) {
					want = append(want, task.HintItems)
				}
				if got := told(t, before, after); !slices.Equal(got, want) {
					t.Errorf("%s, %q to %s: %v, want %v", kind, from, to, got, want)
				}
			}
		}
	}
}

func TestHintsOfOtherChanges(t *testing.T) {
	t.Parallel()
	hooked := func(change func(*task.Task)) *task.Task {
		k := &task.Task{Phase: task.Ended, Options: task.Options{Webhook: &task.Webhook{URL: "https://x"}}}
		if change != nil {
			change(k)
		}
		return k
	}
	pending := func(at, held time.Time) func(*task.Task) {
		return func(k *task.Task) { k.Notices = []task.Notice{{Seq: 1, NextAt: at, HeldUntil: held}} }
	}
	for name, c := range map[string]struct {
		before, after *task.Task
		want          []task.Hint
	}{
		"its time is another": {
			&task.Task{Phase: task.Queued, RunAt: noon}, &task.Task{Phase: task.Queued, RunAt: noon.Add(-1)}, []task.Hint{task.HintReady},
		},
		"revoked while it ran": {
			&task.Task{Phase: task.Running}, &task.Task{Phase: task.Ended, Status: task.Revoked}, []task.Hint{task.HintRevoked},
		},
		"revoked while it waited": {
			&task.Task{Phase: task.Waiting}, &task.Task{Phase: task.Ended, Status: task.Revoked}, nil,
		},
		"a notice is made":     {hooked(nil), hooked(pending(noon, time.Time{})), []task.Hint{task.HintNotice}},
		"a notice is taken":    {hooked(pending(noon, time.Time{})), hooked(pending(noon, noon.Add(1))), []task.Hint{task.HintNotice}},
		"a notice stays":       {hooked(pending(noon, time.Time{})), hooked(pending(noon, time.Time{})), nil},
		"a notice is told":     {hooked(pending(noon, time.Time{})), hooked(nil), nil},
		"created with a time":  {nil, &task.Task{Phase: task.Queued}, []task.Hint{task.HintReady}},
		"nothing that matters": {&task.Task{Phase: task.Running}, &task.Task{Phase: task.Running, Message: "m"}, nil},
	} {
		if got := told(t, c.before, c.after); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// A reader gets one hint for all that it has not read, and after its context nothing.
func TestHintsAreOneUntilTheyAreRead(t *testing.T) {
	t.Parallel()
	var h task.Hints
	ctx, leave := context.WithCancel(t.Context())
	stays, left := h.Read(t.Context(), task.HintReady), h.Read(ctx, task.HintReady)
	for i := range 3 {
		h.Tell(nil, &task.Task{ID: fmt.Sprint(i), Phase: task.Queued})
	}
	for name, c := range map[string]<-chan struct{}{"stays": stays, "left": left} {
		if len(c) != 1 {
			t.Errorf("%s: %d hints, want one", name, len(c))
		}
		<-c
	}
	leave()
	for range 1000 { // what ends with a context ends a little later
		h.Tell(nil, &task.Task{Phase: task.Queued})
		if len(left) == 0 {
			break
		}
		<-left
	}
	if len(left) != 0 || len(stays) != 1 {
		t.Errorf("%d hints for the one that left, %d for the other", len(left), len(stays))
	}
}
