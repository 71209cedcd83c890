package jobtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/job"
)

// reopening is about what a durable store finds when it is opened again.
func reopening(t *testing.T, s Subject) {
	if !s.Durable {
		return // nothing is promised
	}
	try(t, s, "everything acknowledged is there, byte for byte", job.Policy{}, func(t *testing.T, b *bench) {
		for i, status := range job.Statuses() {
			for n := range 3 {
				id := fmt.Sprint(status, "-", n)
				b.bring(id, status)
				if status == job.Completed && n == 1 {
					b.remove(id)
				}
				b.pass(time.Duration(i) * time.Second)
			}
		}
		b.failed("backoff")
		b.lost("lost")
		b.create(spec("assigned"))
		b.update("assigned", job.Change{Event: job.Reassign, Assignee: "w2"})
		want, deleted := b.stored(), "completed-1"
		b.close()
		b.pass(time.Hour)
		b.open()
		if diff := cmp.Diff(want, b.stored()); diff != "" {
			t.Fatalf("after reopening (-before +after):\n%s", diff)
		}
		if _, there := want[deleted]; there {
			t.Fatalf("%s was deleted", deleted)
		}
		b.recount()
		b.reopen()
		if diff := cmp.Diff(want, b.stored()); diff != "" {
			t.Fatalf("after reopening twice (-before +after):\n%s", diff)
		}
	})
	try(t, s, "leases and confirmations run anew, deadlines go on", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("leased"))
		b.take("leased", "w1", time.Minute)
		b.alive("leased", job.Beat{WorkerID: "w1"})
		b.create(spec("unconfirmed"))
		b.take("unconfirmed", "w1", time.Minute)
		b.create(spec("pending"))
		b.close()
		b.pass(30 * time.Minute)
		b.open()
		b.dueIs()
		if j := b.get("leased"); j.LeaseExpiresAt.Sub(b.place.Now()) != time.Minute {
			t.Fatalf("lease ends in %s", j.LeaseExpiresAt.Sub(b.place.Now()))
		}
		b.pass(time.Minute)
		b.dueIs(job.Due{ID: "leased", Event: job.LoseLease})
		b.pass(time.Minute)
		b.dueIs(job.Due{ID: "leased", Event: job.LoseLease}, job.Due{ID: "unconfirmed", Event: job.Unconfirmed})
		b.pass(28 * time.Minute)
		b.dueIs(job.Due{ID: "leased", Event: job.LoseLease}, job.Due{ID: "unconfirmed", Event: job.Unconfirmed}, job.Due{ID: "pending", Event: job.Expire})
	})
	try(t, s, "the order of claims is kept, and so are the reservations", job.Policy{}, func(t *testing.T, b *bench) {
		for i, priority := range []int{0, 5, 0, 5} {
			s := spec(numbered("j", i))
			s.Priority = priority
			b.create(s)
			b.pass(time.Second)
		}
		b.update("j-0002", job.Change{Event: job.Reassign, Assignee: "w2"})
		b.take("j-0001", "w1", 0)
		b.update("j-0001", job.Change{Event: job.Release})
		b.reopen()
		b.take("j-0003", "w1", 0)
		b.take("j-0000", "w1", 0)
		b.none("w1")
		b.take("j-0001", "w2", 0)
		b.take("j-0002", "w2", 0)
	})
	try(t, s, "hints come for what waits and for what a backoff ends", job.Policy{}, func(t *testing.T, b *bench) {
		j := b.failed("a")
		s := spec("b")
		s.ContentType = "video"
		b.create(s)
		b.reopen()
		hints := b.store.Wake(t.Context())
		b.woken(hints, job.Hint{ContentType: "video"})
		b.pass(j.AvailableAt.Sub(b.place.Now()) + time.Second)
		b.woken(hints, job.Hint{ContentType: "audio"})
		b.take("a", "w1", 0)
	})
	try(t, s, "late and repeated results are judged as before", job.Policy{}, func(t *testing.T, b *bench) {
		b.lost("late")
		b.bring("done", job.Completed)
		b.failed("bad")
		b.reopen()
		b.update("late", success(1, "late"))
		b.refuse("done", success(1, "first"), job.ErrRepeated)
		b.refuse("done", success(1, "other"), job.ErrConflict)
		b.refuse("bad", job.Change{Event: job.Fail, Attempt: 1, Digest: "bad"}, job.ErrRepeated)
		b.reopen()
		b.wantResult("late", string(success(1, "late").Result))
	})
	try(t, s, "a clock set back meanwhile strands nothing", job.Policy{}, func(t *testing.T, b *bench) {
		b.failed("first")
		b.pass(time.Second)
		last := b.create(spec("last"))
		b.close()
		b.place.Jump(-time.Hour)
		b.open()
		if j := b.create(spec("new")); j.CreatedAt.Before(last.CreatedAt) {
			t.Fatalf("created at %s, after one at %s", j.CreatedAt, last.CreatedAt)
		}
		b.pass(2 * time.Minute)
		if got := ids(b.claim("w1", 0, 9)); len(got) != 3 {
			t.Fatalf("claimed %v, want all three", got)
		}
	})
}

func (b *bench) reopen() {
	b.t.Helper()
	b.close()
	b.open()
}

// stored is all that must survive: the records with their results, without the leases,
// which run anew, and what memory alone holds.
func (b *bench) stored() map[string]string {
	b.t.Helper()
	all := b.all()
	kept := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(all)) {
		j := all[id]
		j.LeaseExpiresAt, j.Progress, j.ProgressMessage = time.Time{}, 0, ""
		result, err := b.store.Result(context.Background(), id)
		if err != nil {
			b.t.Fatalf("Result %s: %v", id, err)
		}
		kept[id] = encode(b.t, j) + string(result)
	}
	return kept
}
