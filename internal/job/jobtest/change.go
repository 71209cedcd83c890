package jobtest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/job"
)

// changes is about what was changed last.
func changes(t *testing.T, s Subject) {
	try(t, s, "each once, in their order, as it is now", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("before"))
		b.pass(time.Minute)
		none, mark := b.changed(-1, 10)
		if len(none) > 0 {
			t.Errorf("what was there before now is told: %v", none)
		}
		for _, id := range []string{"a", "b", "c"} {
			b.create(spec(id))
		}
		b.update("a", job.Change{Event: job.Cancel})
		claimed := b.claim("w", 0, 1)
		if len(claimed) != 1 || claimed[0].ID != "before" {
			t.Fatalf("claimed %v", ids(claimed))
		}
		got, next := b.changed(mark, 10)
		if want := []string{"b", "c", "a", "before"}; !slices.Equal(got, want) || next <= mark {
			t.Errorf("changed are %v up to %d, want %v", got, next, want)
		}
		for _, want := range [][]string{{"b", "c"}, {"a", "before"}, nil} {
			if got, mark = b.changed(mark, 2); !slices.Equal(got, want) {
				t.Errorf("two at a time: %v, want %v", got, want)
			}
		}
		progress := 0.5
		if _, err := b.store.Alive(context.Background(), "before", job.Beat{WorkerID: "w", Progress: &progress}); err != nil {
			t.Fatal(err)
		}
		if got, _ := b.changed(next, 10); !slices.Equal(got, []string{"before"}) {
			t.Errorf("after a heartbeat: %v", got)
		}
		if err := b.store.Delete(context.Background(), "a"); err != nil {
			t.Fatal(err)
		}
		if got, _ := b.changed(mark, 10); slices.Contains(got, "a") {
			t.Errorf("what was removed is told: %v", got)
		}
		if _, _, err := b.store.Changes(context.Background(), next+1000, 10); !errors.Is(err, job.ErrCursor) {
			t.Errorf("after a mark that never was: %v", err)
		}
	})
}

// changed are the ids of up to n jobs that were changed after the mark, and the next mark.
func (b *bench) changed(after int64, n int) ([]string, int64) {
	b.t.Helper()
	all, next, err := b.store.Changes(context.Background(), after, n)
	if err != nil {
		b.t.Fatalf("Changes: %v", err)
	}
	var names []string
	for _, j := range all {
		names = append(names, j.ID)
		if diff := cmp.Diff(b.get(j.ID), j); diff != "" {
			b.t.Errorf("job %s is not told as it is (-want +got):\n%s", j.ID, diff)
		}
	}
	return names, next
}
