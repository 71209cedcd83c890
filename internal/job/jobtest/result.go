package jobtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"morag/internal/job"
)

// result is about results: kept byte for byte, once, and whose they are.
func result(t *testing.T, s Subject) {
	try(t, s, "the bytes that were accepted", job.Policy{}, func(t *testing.T, b *bench) {
		for i, content := range []string{"", "# Grüße\n<b>\"bold\"</b> & \u2028 \x01", strings.Repeat("long ", 300_000)} {
			id := numbered("j", i)
			b.create(spec(id))
			b.wantResult(id, "")
			b.take(id, "w1", 0)
			c := success(1, content)
			if j := b.update(id, c); j.ResultData != nil {
				t.Error("Update returns the result")
			}
			b.wantResult(id, string(c.Result))
			if b.get(id).ResultData != nil {
				t.Error("Get returns the result")
			}
		}
	})
	try(t, s, "the same again is told apart from another", job.Policy{}, func(t *testing.T, b *bench) {
		b.bring("a", job.Completed)
		first := success(1, "first")
		b.refuse("a", first, job.ErrRepeated)
		b.refuse("a", success(1, "other"), job.ErrConflict)
		b.refuse("a", job.Change{Event: job.Fail, Attempt: 1, Digest: "bad"}, job.ErrConflict)
		b.wantResult("a", string(first.Result))

		b.failed("b")
		bad := job.Change{Event: job.Fail, Attempt: 1, Digest: "bad", Message: "engine crashed"}
		b.refuse("b", bad, job.ErrRepeated)
		b.pass(time.Minute)
		b.take("b", "w2", time.Minute)
		b.refuse("b", bad, job.ErrRepeated)
		b.update("b", success(2, "good"))
		b.wantResult("b", string(success(2, "good").Result))
	})
	try(t, s, "only by the key that claimed, also after reopening", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("a"))
		claimed, err := b.store.Claim(context.Background(), job.Claimant{Key: "gpu", WorkerID: "w1", Lease: time.Minute}, []string{"audio"}, 1)
		if err != nil || len(claimed) != 1 || claimed[0].ClaimedBy != "gpu" {
			t.Fatalf("claimed %v: %v", claimed, err)
		}
		if s.Durable {
			b.reopen()
		}
		for _, event := range []job.Event{job.Succeed, job.Fail, job.Release, job.Abandon} {
			b.refuse("a", job.Change{Event: event, Key: "other", WorkerID: "w1", Attempt: 1, Digest: "x"}, job.ErrWrongKey)
		}
		if _, err := b.store.Alive(context.Background(), "a", job.Beat{Key: "other", WorkerID: "w1", Attempt: 1}); !errors.Is(err, job.ErrWrongKey) {
			t.Fatalf("a heartbeat by another key: %v", err)
		}
		good := success(1, "good")
		good.Key = "gpu"
		if j := b.update("a", good); j.ClaimedBy != "gpu" || j.LastResult.ClaimedBy != "gpu" {
			t.Fatalf("completed job is %s", encode(t, j))
		}
		b.refuse("a", good, job.ErrRepeated)
		good.Key = "other"
		b.refuse("a", good, job.ErrWrongKey)
	})
	try(t, s, "late, after a lost lease", job.Policy{}, func(t *testing.T, b *bench) {
		b.lost("a")
		late := success(1, "late")
		late.WorkerID = "w1"
		j := b.update("a", late)
		if j.Status != job.Completed || j.WorkerID != "w1" || j.Attempt != 1 {
			t.Fatalf("late success gave %s", encode(t, j))
		}
		b.pass(time.Hour)
		b.none("w2") // a completed job is in no queue
		b.dueIs()
		b.wantResult("a", string(late.Result))
	})
	try(t, s, "too late, after a later claim", job.Policy{}, func(t *testing.T, b *bench) {
		b.lost("a")
		b.pass(time.Minute)
		b.take("a", "w2", 0)
		b.refuse("a", success(1, "late"), job.ErrLeaseLost)
		b.refuse("a", job.Change{Event: job.Succeed, WorkerID: "w1", Digest: "x"}, job.ErrLeaseLost)
		b.wantResult("a", "")
		b.update("a", success(2, "in time"))
	})
	try(t, s, "of many at once one is accepted", job.Policy{}, func(t *testing.T, b *bench) {
		b.create(spec("a"))
		b.take("a", "w1", time.Minute)
		var sending sync.WaitGroup
		errs := make([]error, 16)
		for i := range errs {
			sending.Go(func() {
				_, errs[i] = b.store.Update(context.Background(), "a", success(1, fmt.Sprint("result ", i%4)))
			})
		}
		sending.Wait()
		accepted := -1
		for i, err := range errs {
			if err == nil && accepted >= 0 {
				t.Fatalf("results %d and %d were both accepted", accepted, i)
			}
			if err == nil {
				accepted = i
			}
		}
		if accepted < 0 {
			t.Fatalf("no result was accepted: %v", errs[0])
		}
		b.wantResult("a", string(success(1, fmt.Sprint("result ", accepted%4)).Result))
		for i, err := range errs {
			want := job.ErrConflict
			if i%4 == accepted%4 {
				want = job.ErrRepeated
			}
			if i != accepted && !errors.Is(err, want) {
				t.Errorf("result %d: error %v, want %v", i, err, want)
			}
		}
	})
	try(t, s, "of a result and a cancel one happens", job.Policy{}, func(t *testing.T, b *bench) {
		for i := range 20 {
			id := numbered("j", i)
			b.create(spec(id))
			b.take(id, "w1", 0)
			var good, cancel error
			var racing sync.WaitGroup
			racing.Go(func() { _, good = b.store.Update(context.Background(), id, success(1, id)) })
			racing.Go(func() { _, cancel = b.store.Update(context.Background(), id, job.Change{Event: job.Cancel}) })
			racing.Wait()
			j := b.get(id)
			switch {
			case good == nil && errors.Is(cancel, job.ErrConflict) && j.Status == job.Completed:
				b.wantResult(id, string(success(1, id).Result))
			case cancel == nil && errors.Is(good, job.ErrConflict) && j.Status == job.Cancelled:
				b.wantResult(id, "")
			default:
				t.Fatalf("result: %v, cancel: %v, job is %s", good, cancel, j.Status)
			}
		}
	})
}

func (b *bench) wantResult(id, want string) {
	b.t.Helper()
	got, err := b.store.Result(context.Background(), id)
	if err != nil {
		b.t.Fatalf("Result %s: %v", id, err)
	}
	if string(got) != want || want == "" && got != nil {
		b.t.Fatalf("result of %s is %.200q, want %.200q", id, got, want)
	}
}
