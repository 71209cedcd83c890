package jobtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/job"
)

// stats is about the counters, and about deletion.
func stats(t *testing.T, s Subject) {
	try(t, s, "the counters follow every step", job.Policy{}, func(t *testing.T, b *bench) {
		b.recount()
		for i, status := range job.Statuses() {
			for n := range i + 1 {
				id := numbered(string(status), n)
				s := spec(id)
				b.bring(id, status)
				b.recount()
				s.ID, s.ContentType = id+"-image", "image"
				b.create(s)
				b.update(s.ID, job.Change{Event: job.Cancel})
				b.pass(time.Second)
			}
		}
		b.recount()
		for id, j := range b.all() {
			if j.Status.Terminal() {
				b.remove(id)
			}
		}
		b.recount()
	})
	try(t, s, "an empty store counts nothing", job.Policy{}, func(t *testing.T, b *bench) {
		before, err := b.store.Stats(context.Background())
		if err != nil || before.Bytes != 0 {
			t.Fatalf("empty: %+v, %v", before, err)
		}
		b.bring("a", job.Completed)
		if st, err := b.store.Stats(context.Background()); err != nil || st.Bytes < 500 {
			t.Fatalf("one job: %+v, %v", st, err)
		}
		b.remove("a")
		if st, err := b.store.Stats(context.Background()); err != nil || st.Bytes != 0 {
			t.Fatalf("empty again: %+v, %v", st, err)
		}
	})
	try(t, s, "the oldest waiting", job.Policy{}, func(t *testing.T, b *bench) {
		first := b.create(spec("a"))
		b.pass(time.Second)
		second := b.create(spec("b"))
		b.wantOldest(2, first.CreatedAt)
		b.take("a", "w1", 0)
		b.wantOldest(1, second.CreatedAt)
		b.update("a", job.Change{Event: job.Fail, Digest: "bad"})
		b.wantOldest(2, first.CreatedAt) // in backoff, yet waiting
		b.update("a", job.Change{Event: job.Cancel})
		b.update("b", job.Change{Event: job.Cancel})
		b.wantOldest(0, time.Time{})
	})
	try(t, s, "only what is over is deleted", job.Policy{}, func(t *testing.T, b *bench) {
		for _, status := range job.Statuses() {
			id := string(status)
			b.bring(id, status)
			if status.Terminal() {
				b.remove(id)
				b.create(spec(id)) // the id is free again
				b.update(id, job.Change{Event: job.Cancel})
				b.wantResult(id, "")
				continue
			}
			before := b.encoded(id)
			if err := b.store.Delete(context.Background(), id); !errors.Is(err, job.ErrConflict) {
				t.Errorf("Delete in %s: error %v, want ErrConflict", status, err)
			}
			if before != b.encoded(id) {
				t.Errorf("a refused Delete changed the job in %s", status)
			}
			b.update(id, job.Change{Event: job.Cancel})
		}
		b.recount()
	})
}

// remove deletes a job and looks whether it is gone.
func (b *bench) remove(id string) {
	b.t.Helper()
	if err := b.store.Delete(context.Background(), id); err != nil {
		b.t.Fatalf("Delete %s: %v", id, err)
	}
	if _, err := b.store.Get(context.Background(), id); !errors.Is(err, job.ErrNotFound) {
		b.t.Fatalf("Get %s after Delete: %v", id, err)
	}
	if err := b.store.Delete(context.Background(), id); !errors.Is(err, job.ErrNotFound) {
		b.t.Fatalf("Delete %s twice: %v", id, err)
	}
}

// recount compares the counters with a count over the listing. A type or status that
// has no job may stand there with 0, or not at all.
func (b *bench) recount() {
	b.t.Helper()
	want := job.Stats{Status: map[job.Status]int{}, Type: map[string]int{}, Depth: map[string]map[job.Status]int{}, Waiting: map[string]job.Waiting{}}
	for _, j := range b.all() {
		want.Status[j.Status]++
		want.Type[j.ContentType]++
		if want.Depth[j.ContentType] == nil {
			want.Depth[j.ContentType] = map[job.Status]int{}
		}
		want.Depth[j.ContentType][j.Status]++
		if j.Status != job.Pending {
			continue
		}
		w := want.Waiting[j.ContentType]
		w.Count++
		if w.Oldest.IsZero() || j.CreatedAt.Before(w.Oldest) {
			w.Oldest = j.CreatedAt
		}
		want.Waiting[j.ContentType] = w
	}
	got, err := b.store.Stats(context.Background())
	if err != nil {
		b.t.Fatalf("Stats: %v", err)
	}
	if got.Bytes < 0 {
		b.t.Fatalf("Stats counts %d bytes", got.Bytes)
	}
	depth := map[string]map[job.Status]int{}
	for contentType, byStatus := range got.Depth {
		if kept := counted(byStatus); len(kept) > 0 {
			depth[contentType] = kept
		}
	}
	got = job.Stats{Status: counted(got.Status), Type: counted(got.Type), Depth: depth, Waiting: counted(got.Waiting)}
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Fatalf("Stats differs from a recount (-counted +Stats):\n%s", diff)
	}
}

// counted is m without its zero values.
func counted[K, V comparable](m map[K]V) map[K]V {
	kept := map[K]V{}
	var zero V
	for k, v := range m {
		if v != zero {
			kept[k] = v
		}
	}
	return kept
}

func (b *bench) wantOldest(count int, oldest time.Time) {
	b.t.Helper()
	st, err := b.store.Stats(context.Background())
	if err != nil {
		b.t.Fatalf("Stats: %v", err)
	}
	if w := st.Waiting["audio"]; w.Count != count || !w.Oldest.Equal(oldest) {
		b.t.Fatalf("waiting are %d since %s, want %d since %s", w.Count, w.Oldest, count, oldest)
	}
}
