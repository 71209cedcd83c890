package jobtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"morag/internal/job"
)

// crowd lets many workers, an operator and a timekeeper loose on one store, and
// counts afterwards.
func crowd(t *testing.T, s Subject) {
	try(t, s, "nothing is lost, doubled or stranded", job.Policy{BackoffBase: time.Second}, func(t *testing.T, b *bench) {
		const jobs, workers = 60, 8
		for i := range jobs {
			b.create(spec(numbered("j", i)))
		}
		var (
			mu       sync.Mutex
			grants   = map[string]string{} // by job and attempt: to whom; guarded by mu
			accepted = map[string]string{} // by job: whose result; guarded by mu
		)
		var running sync.WaitGroup
		for w := range workers {
			running.Go(func() {
				r := rand.New(rand.NewPCG(uint64(w), 1))
				me := fmt.Sprint("w", w)
				for range 40 {
					got, err := b.store.Claim(context.Background(), job.Claimant{WorkerID: me, Lease: 20 * time.Second}, []string{"audio"}, 1+r.IntN(2))
					if err != nil {
						t.Errorf("Claim: %v", err)
						return
					}
					for _, j := range got {
						grant := fmt.Sprint(j.ID, " ", j.Attempt)
						mu.Lock()
						if other, twice := grants[grant]; twice {
							t.Errorf("attempt %s granted to %s and %s", grant, other, me)
						}
						grants[grant] = me
						mu.Unlock()
						if text, ok := b.work(r, j); ok {
							mu.Lock()
							if other, twice := accepted[j.ID]; twice {
								t.Errorf("job %s: results of %s and %s accepted", j.ID, other, me)
							}
							accepted[j.ID] = text
							mu.Unlock()
						}
					}
					b.pass(time.Duration(r.IntN(400)) * time.Millisecond)
				}
			})
		}
		done := make(chan struct{})
		var keeping sync.WaitGroup
		keeping.Go(func() { b.keepTime(done) })
		running.Wait()
		close(done)
		keeping.Wait()

		all := b.all()
		if len(all) != jobs {
			t.Errorf("%d jobs are left of %d", len(all), jobs)
		}
		for id, j := range all {
			text, ok := accepted[id]
			if ok != (j.Status == job.Completed) {
				t.Errorf("job %s is %s, result accepted: %v", id, j.Status, ok)
			}
			if ok {
				b.wantResult(id, text)
			}
			for n := 1; n <= j.Attempt; n++ {
				if _, granted := grants[fmt.Sprint(id, " ", n)]; !granted {
					t.Errorf("attempt %d of job %s was granted to nobody", n, id)
				}
			}
		}
		b.recount()
	})
}

// work does with a claimed job what workers do; it returns the result, if accepted.
func (b *bench) work(r *rand.Rand, j *job.Job) (string, bool) {
	ctx := context.Background()
	expected := func(call string, err error) bool {
		if err != nil && !errors.Is(err, job.ErrLeaseLost) && !errors.Is(err, job.ErrConflict) && !errors.Is(err, job.ErrRepeated) {
			b.t.Errorf("%s of %s: %v", call, j.ID, err)
		}
		return err == nil
	}
	for range r.IntN(3) {
		progress := r.Float64()
		_, err := b.store.Alive(ctx, j.ID, job.Beat{WorkerID: j.WorkerID, Attempt: j.Attempt, Progress: &progress})
		expected("Alive", err)
		b.pass(time.Duration(r.IntN(2000)) * time.Millisecond)
	}
	switch r.IntN(6) {
	case 0:
		return "", false // died
	case 1:
		_, err := b.store.Update(ctx, j.ID, job.Change{Event: job.Release, WorkerID: j.WorkerID, Attempt: j.Attempt})
		return "", expected("release", err) && false
	case 2:
		_, err := b.store.Update(ctx, j.ID, job.Change{Event: job.Fail, Attempt: j.Attempt, Digest: "bad", Message: "bad luck"})
		return "", expected("error", err) && false
	case 3:
		b.pass(40 * time.Second) // silent for longer than its lease, then delivers
	}
	c := success(j.Attempt, fmt.Sprint(j.ID, " by ", j.WorkerID))
	_, err := b.store.Update(ctx, j.ID, c)
	return string(c.Result), expected("result", err)
}

// keepTime applies what is due and cancels a job now and then, until done.
func (b *bench) keepTime(done <-chan struct{}) {
	ctx := context.Background()
	for i := 0; ; i++ {
		due, _, err := b.store.Due(ctx, 10)
		if err != nil {
			b.t.Errorf("Due: %v", err)
			return
		}
		for _, d := range due {
			if _, err := b.store.Update(ctx, d.ID, job.Change{Event: d.Event}); err != nil && !errors.Is(err, job.ErrConflict) {
				b.t.Errorf("%s of %s: %v", d.Event, d.ID, err)
			}
		}
		if i%10 == 9 {
			id := numbered("j", i%60)
			if _, err := b.store.Update(ctx, id, job.Change{Event: job.Cancel}); err != nil && !errors.Is(err, job.ErrConflict) && !errors.Is(err, job.ErrRepeated) {
				b.t.Errorf("cancel of %s: %v", id, err)
			}
		}
		select {
		case <-done:
			return
		case <-time.After(time.Millisecond):
		}
	}
}
