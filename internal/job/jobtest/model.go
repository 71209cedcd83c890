package jobtest

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"morag/internal/job"
)

// model sends random calls to a store and to the table itself, and wants the same
// jobs from both after every one.
func model(t *testing.T, s Subject) {
	for seed := range uint64(8) {
		try(t, s, fmt.Sprint("seed ", seed), job.Policy{}, func(t *testing.T, b *bench) {
			r := rand.New(rand.NewPCG(seed, 3))
			m := map[string]*job.Job{}
			for step := range 250 {
				b.step(r, m, step)
				if step%50 == 49 {
					b.same(m)
					b.recount()
					if s.Durable {
						b.reopen()
						for _, j := range m {
							j.Progress, j.ProgressMessage = 0, ""
							b.policy.Resume(j, b.place.Now())
						}
						b.same(m)
					}
				}
			}
		})
	}
}

// step makes one random call.
func (b *bench) step(r *rand.Rand, m map[string]*job.Job, step int) {
	b.t.Helper()
	worker := fmt.Sprint("w", r.IntN(3))
	names := slices.Sorted(maps.Keys(m))
	switch n := r.IntN(10); {
	case n == 0 || len(m) == 0:
		s := spec(numbered("m", step))
		s.Priority = r.IntN(3)
		b.create(s)
		m[s.ID] = b.policy.New(s, b.place.Now())
	case n < 3:
		b.pass(time.Duration(1 + r.Int64N(int64(90*time.Second))).Truncate(time.Microsecond))
	case n < 5:
		b.claimBoth(m, worker, 1+r.IntN(3), time.Duration(r.IntN(2)*60)*time.Second)
	case n < 6:
		for _, d := range b.dueBoth(m, 1+r.IntN(3)) {
			b.changeBoth(m, d.ID, job.Change{Event: d.Event})
		}
	case n < 7:
		id := names[r.IntN(len(names))]
		b.aliveBoth(id, job.Beat{WorkerID: worker, Message: fmt.Sprint("step ", step)})
		if err := b.policy.Alive(m[id], job.Beat{WorkerID: worker, Message: fmt.Sprint("step ", step)}, b.place.Now()); err == nil {
			b.confirmRest(m, m[id])
		}
	default:
		id := names[r.IntN(len(names))]
		events := job.Events()
		c := change(events[r.IntN(len(events))])
		if c.Attempt != 0 {
			c.WorkerID, c.Attempt = m[id].WorkerID, m[id].Attempt
		}
		if c.Event == job.Succeed {
			c.Digest += fmt.Sprint(step)
		}
		b.changeBoth(m, id, c)
	}
}

func (b *bench) changeBoth(m map[string]*job.Job, id string, c job.Change) {
	b.t.Helper()
	b.applyBoth(id, c)
	c.Now = b.place.Now()
	if err := b.policy.Apply(m[id], c); err == nil && c.Event.Heard() {
		b.confirmRest(m, m[id])
	}
	m[id].ResultData = nil
}

// confirmRest confirms in the model what was claimed together with j.
func (b *bench) confirmRest(m map[string]*job.Job, j *job.Job) {
	for _, other := range m {
		if j.ClaimID != "" && other.ClaimID == j.ClaimID && other.ConfirmedAt.IsZero() {
			_ = b.policy.Alive(other, job.Beat{}, b.place.Now()) // it may be held no more
		}
	}
}

// claimBoth claims and looks whether the store chose as the rules say. Of jobs that
// are equal in priority and age it may choose any.
func (b *bench) claimBoth(m map[string]*job.Job, worker string, n int, lease time.Duration) {
	b.t.Helper()
	now := b.place.Now()
	var open []*job.Job
	for _, j := range m {
		if b.policy.Claimable(j, worker, now) == nil {
			open = append(open, j)
		}
	}
	slices.SortFunc(open, older)
	got := b.claim(worker, lease, n)
	if want := min(n, len(open)); len(got) != want {
		b.t.Fatalf("%s claimed %v, want %d of %v", worker, ids(got), want, ids(open))
	}
	for i, j := range got {
		mine := m[j.ID]
		if older(mine, open[i]) != 0 {
			b.t.Fatalf("%s claimed %v, want the first of %v", worker, ids(got), ids(open))
		}
		if err := b.policy.Apply(mine, job.Change{Event: job.Claim, Now: now, WorkerID: worker, ClaimID: got[0].ClaimID, Lease: lease}); err != nil {
			b.t.Fatalf("%s was given a job it may not have: %v", worker, err)
		}
	}
}

// dueBoth asks what is due and compares it with the model. Of what is due at the same
// moment any may come first.
func (b *bench) dueBoth(m map[string]*job.Job, n int) []job.Due {
	b.t.Helper()
	var times []time.Time
	for _, j := range m {
		if _, at, ok := b.policy.Due(j); ok {
			times = append(times, at)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	got, wait, err := b.store.Due(context.Background(), n)
	if err != nil {
		b.t.Fatalf("Due: %v", err)
	}
	now := job.Stamp(b.place.Now())
	for i, d := range got {
		if event, at, ok := b.policy.Due(m[d.ID]); !ok || event != d.Event || at.After(now) || !at.Equal(times[i]) {
			b.t.Fatalf("due is %v, in the model %s at %s", d, event, at)
		}
	}
	next := time.Minute
	if len(got) < len(times) {
		next = min(next, max(0, times[len(got)].Sub(now)))
		if next == 0 && len(got) < n {
			b.t.Fatalf("%d of %d are due, one more since %s", len(got), n, times[len(got)])
		}
	}
	if wait != next {
		b.t.Fatalf("next is due in %s, want %s", wait, next)
	}
	return got
}

// older orders jobs as they are to be claimed.
func older(a, b *job.Job) int {
	if a.Priority != b.Priority {
		return b.Priority - a.Priority
	}
	return a.CreatedAt.Compare(b.CreatedAt)
}

// same compares every job of the store with the model's.
func (b *bench) same(m map[string]*job.Job) {
	b.t.Helper()
	all := b.all()
	if len(all) != len(m) {
		b.t.Fatalf("store has %d jobs, model %d", len(all), len(m))
	}
	for id, want := range m {
		if got := encode(b.t, b.get(id)); got != encode(b.t, want) {
			b.t.Fatalf("store has\n%s, model\n%s", got, encode(b.t, want))
		}
	}
}
