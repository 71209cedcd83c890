package jobtest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/job"
)

// held is about who holds what, and about how many wait.
func held(t *testing.T, s Subject) {
	try(t, s, "the jobs in work, with who has them", job.Policy{}, func(t *testing.T, b *bench) {
		b.wantHeld("")
		for _, status := range job.Statuses() {
			if status != job.Processing {
				b.bring(string(status), status)
			}
		}
		b.update("pending", job.Change{Event: job.Cancel})
		for i, contentType := range []string{"audio", "video", "audio"} {
			s := spec(numbered("j", i))
			s.ContentType = contentType
			b.create(s)
			claimed, err := b.store.Claim(context.Background(), job.Claimant{Key: "gpu", WorkerID: "w1", Lease: time.Minute}, []string{contentType}, 1)
			if err != nil || len(claimed) != 1 {
				t.Fatalf("claimed %v, %v", claimed, err)
			}
		}
		first := job.Held{ID: "j-0000", ContentType: "audio", WorkerID: "w1", ClaimedBy: "gpu", Attempt: 1}
		video := job.Held{ID: "j-0001", ContentType: "video", WorkerID: "w1", ClaimedBy: "gpu", Attempt: 1}
		third := job.Held{ID: "j-0002", ContentType: "audio", WorkerID: "w1", ClaimedBy: "gpu", Attempt: 1}
		b.wantHeld("", first, video, third)
		b.wantHeld("audio", first, third)
		b.wantHeld("image")
		b.update("j-0002", job.Change{Event: job.Release})
		b.take("j-0002", "w2", 0)
		third.WorkerID, third.ClaimedBy, third.Attempt = "w2", "", 2
		b.wantHeld("audio", first, third)
		if s.Durable {
			b.reopen()
			b.wantHeld("", first, video, third)
		}
		b.update("j-0000", job.Change{Event: job.Cancel})
		b.update("j-0002", success(2, "text"))
		b.wantHeld("", video)
	})
	try(t, s, "how many are pending", job.Policy{}, func(t *testing.T, b *bench) {
		b.wantPending(0)
		for i := range 3 {
			s := spec(numbered("j", i))
			s.Owner, s.Precedence = []string{"one", "other"}[i%2], i
			b.create(s)
		}
		b.wantPending(3)
		b.take("j-0002", "w1", 0)
		b.wantPending(2)
		b.update("j-0002", job.Change{Event: job.Fail, Attempt: 1, Digest: "bad"})
		b.wantPending(3)
		b.update("j-0001", job.Change{Event: job.Cancel})
		b.wantPending(2)
		if s.Durable {
			b.reopen()
			b.wantPending(2)
		}
	})
}

func (b *bench) wantHeld(contentType string, want ...job.Held) {
	b.t.Helper()
	got, err := b.store.Held(context.Background(), contentType)
	if err != nil {
		b.t.Fatalf("Held: %v", err)
	}
	slices.SortFunc(got, func(x, y job.Held) int { return strings.Compare(x.ID, y.ID) })
	if diff := cmp.Diff(append([]job.Held{}, want...), append([]job.Held{}, got...)); diff != "" {
		b.t.Fatalf("held of type %q (-want +got):\n%s", contentType, diff)
	}
}

func (b *bench) wantPending(want int) {
	b.t.Helper()
	sum := 0
	for _, owner := range []string{"one", "other", "nobody"} {
		own, err := b.store.Pending(context.Background(), owner)
		if sum += own; err != nil || own > 2 || owner == "nobody" && own > 0 {
			b.t.Fatalf("%d of %s are pending, %v", own, owner, err)
		}
	}
	if got, err := b.store.Pending(context.Background(), ""); err != nil || got != want || sum != want {
		b.t.Fatalf("%d are pending, %d by owner, %v; want %d", got, sum, err, want)
	}
}
