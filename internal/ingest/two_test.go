package ingest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/task"
	"morag/internal/task/memstore"
)

// Two services over one task store, one index and one blob store, as two servers have
// them. Neither hears of what the other does: hints do not cross between processes.

// apart is a task store of another process: its hints tell of nothing, and while it is
// cut off nothing of it can be reached.
type apart struct {
	task.Store
	cut atomic.Bool
	db  *fakeDB // of both
}

func (*apart) Wake(context.Context, task.Hint) <-chan struct{} { return nil }

func (s *apart) Claim(ctx context.Context, runner string, lease time.Duration) (*task.Task, error) {
	if s.cut.Load() {
		return nil, task.ErrUnavailable
	}
	s.db.mu.Lock() // what is written in one commit is seen as a whole
	defer s.db.mu.Unlock()
	return s.Store.Claim(ctx, runner, lease)
}

func (s *apart) Renew(ctx context.Context, lease time.Duration, runs []task.Run) ([]task.Run, error) {
	if s.cut.Load() {
		return nil, task.ErrUnavailable
	}
	return s.Store.Renew(ctx, lease, runs)
}

func (s *apart) Update(ctx context.Context, id string, rule func(*task.Task, time.Time) error) (*task.Task, error) {
	if s.cut.Load() {
		return nil, task.ErrUnavailable
	}
	return s.Store.Update(ctx, id, rule)
}

// pair are two services over the same stores.
type pair struct {
	a, b           *harness
	aTasks, bTasks *apart
}

func inPair(t *testing.T, change func(*setup), test func(t *testing.T, p *pair)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &pair{}
		tasks := memstore.New(time.Now)
		db := new(fakeDB)
		p.aTasks, p.bTasks = &apart{Store: tasks, db: db}, &apart{Store: tasks.Beside(), db: db}
		var shared Config
		p.a = open(t, func(s *setup) {
			s.Tasks, s.DB = p.aTasks, db
			if change != nil {
				change(s)
			}
			shared = s.Config
		})
		p.b = open(t, func(s *setup) {
			if change != nil {
				change(s)
			}
			s.Tasks, s.Index, s.Documents, s.Blobs, s.DB = p.bTasks, shared.Index, shared.Documents, shared.Blobs, shared.DB
		})
		p.b.index, p.b.docs, p.b.blobs = p.a.index, p.a.docs, p.a.blobs
		test(t, p)
	})
}

// take is how long conversions take at both.
func (p *pair) take(d time.Duration) {
	p.a.converter.take(d)
	p.b.converter.take(d)
}

// harnesses are the two services, the one that runs the task first.
func (p *pair) harnesses(of *task.Task) (runs, other *harness) {
	if of.Runner == p.a.runner {
		return p.a, p.b
	}
	return p.b, p.a
}

func TestTwoServicesShareTheWork(t *testing.T) {
	inPair(t, nil, func(t *testing.T, p *pair) {
		p.take(2 * idleLook) // so long that who has not been told looks in time
		var submitted []*task.Task
		for i := range 20 {
			h := []*harness{p.a, p.b}[i%2]
			submitted = append(submitted, h.submit(fmt.Sprint("text ", i), task.Options{}))
		}
		time.Sleep(20 * 2 * idleLook) // the bubble's clock
		for _, s := range submitted {
			if r := p.a.result(p.b.whenIdle(s.ID)); r.Duplicate {
				t.Errorf("task %s is a duplicate", s.ID)
			}
		}
		a, b := p.a.converter.calls, p.b.converter.calls
		if a+b != 20 || a < 5 || b < 5 {
			t.Errorf("%d conversions at one and %d at the other, want 20 shared by both", a, b)
		}
	})
}

func TestRevokeAtOneStopsTheRunAtTheOther(t *testing.T) {
	inPair(t, nil, func(t *testing.T, p *pair) {
		p.take(time.Hour)
		created := p.a.submit("long", task.Options{})
		time.Sleep(2 * idleLook) // the bubble's clock
		runs, other := p.harnesses(p.a.whenIdle(created.ID))
		if _, err := other.Revoke(t.Context(), me, created.ID); err != nil {
			t.Fatal(err)
		}
		time.Sleep(renewEvery) // the bubble's clock
		synctest.Wait()
		if runs.converter.stopped != 1 {
			t.Errorf("%d conversions were stopped within a renewal, want the one that was called off", runs.converter.stopped)
		}
		if got := p.a.whenIdle(created.ID); got.Status != task.Revoked || p.a.blobs.count() != 0 {
			t.Errorf("the task is %s, %d files are left", got.Status, p.a.blobs.count())
		}
	})
}

// Both have converted the same content when the first of them stores it.
func TestTwoServicesStoreTheSameContentOnce(t *testing.T) {
	inPair(t, func(s *setup) { s.Runners = 1 }, func(t *testing.T, p *pair) {
		p.take(time.Minute)
		first, second := p.a.submit("same", task.Options{}), p.b.submit("same", task.Options{})
		time.Sleep(5 * time.Minute) // the bubble's clock
		r, s := p.a.result(p.a.whenIdle(first.ID)), p.a.result(p.a.whenIdle(second.ID))
		if r.Duplicate == s.Duplicate || r.DocumentID != s.DocumentID || len(p.a.index.shown) != 1 {
			t.Errorf("%+v and %+v, %d documents; want one, and a duplicate of it", r, s, len(p.a.index.shown))
		}
		if p.a.converter.calls != 1 || p.b.converter.calls != 1 {
			t.Errorf("%d and %d conversions, want one at each", p.a.converter.calls, p.b.converter.calls)
		}
		if n := p.a.blobs.count(); n != 1 {
			t.Errorf("%d files are kept, want the one of the document", n)
		}
	})
}

func TestTwoServicesEndABatchOnce(t *testing.T) {
	inPair(t, nil, func(t *testing.T, p *pair) {
		p.take(2 * idleLook) // so long that who has not been told looks in time
		var items []Request
		for i := range 12 {
			items = append(items, address(fmt.Sprint("https://example.org/", i)))
		}
		hook := Request{Options: task.Options{Webhook: &task.Webhook{URL: "https://example.org/hook"}}}
		b, _, err := p.a.SubmitBatch(t.Context(), me, hook, items)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(12 * 2 * idleLook) // the bubble's clock
		done := p.b.whenIdle(b.ID)
		if result := batchResult(t, done); done.Status != task.Success || result.Succeeded != 12 || len(done.Notices) != 1 {
			t.Errorf("the batch is %s (%q) with %d notices: %+v", done.Status, done.Error, len(done.Notices), result)
		}
		if p.a.converter.calls == 0 || p.b.converter.calls == 0 {
			t.Errorf("%d and %d conversions, want some at each", p.a.converter.calls, p.b.converter.calls)
		}
	})
}

func TestAnyServiceShowsHowFarARunIs(t *testing.T) {
	inPair(t, nil, func(t *testing.T, p *pair) {
		p.take(time.Hour)
		created := p.a.submit("long", task.Options{})
		time.Sleep(2*idleLook + renewEvery) // the bubble's clock
		_, other := p.harnesses(p.a.whenIdle(created.ID))
		view, err := other.Status(t.Context(), me, created.ID)
		if err != nil || view.Message != "half of it" || view.Progress <= 0.5 || view.Progress >= 0.6 {
			t.Errorf("shown is %q, %v (%v); want half of the conversion", view.Message, view.Progress, err)
		}
	})
}

// A server that is cut off loses its run when the lease ends, not before; what it does
// with it later changes nothing, and the chunks of the two runs are never mixed.
func TestACutOffServiceLosesItsRun(t *testing.T) {
	inPair(t, nil, func(t *testing.T, p *pair) {
		p.take(time.Minute)
		created := p.a.submit("words", task.Options{})
		time.Sleep(2 * idleLook) // the bubble's clock
		first := p.a.whenIdle(created.ID)
		runs, other := p.harnesses(first)
		tasks := map[*harness]*apart{p.a: p.aTasks, p.b: p.bTasks}[runs]
		tasks.cut.Store(true)
		time.Sleep(leaseTime - renewEvery - time.Second) // the bubble's clock
		if got := other.whenIdle(created.ID); got.Attempt != 1 || got.Phase != task.Running {
			t.Fatalf("while the lease lasts the task is %s, run %d", got.Phase, got.Attempt)
		}
		time.Sleep(2*renewEvery + idleLook + time.Second) // the bubble's clock
		taken := other.whenIdle(created.ID)
		if taken.Attempt != 2 || taken.Runner != other.runner || taken.Deaths != 1 {
			t.Fatalf("after the lease the task is %s, run %d, by %s, %d deaths", taken.Phase, taken.Attempt, taken.Runner, taken.Deaths)
		}
		tasks.cut.Store(false)
		time.Sleep(2 * time.Minute) // the bubble's clock
		done := other.whenIdle(created.ID)
		if r := other.result(done); r.Duplicate || done.Attempt != 2 {
			t.Errorf("run %d, result %+v", done.Attempt, r)
		}
		if runs.converter.stopped != 1 {
			t.Errorf("%d runs of the server that was cut off were stopped, want its only one", runs.converter.stopped)
		}
		if d, err := p.a.docs.Get(t.Context(), me.Owner, done.DocumentID); err != nil || d.Version != created.ID+"-2" {
			t.Errorf("%v, the document has version %+v", err, d)
		}
	})
}

// A process that dies gives its runs up as soon as another one has its name.
func TestAProcessOfTheSameNameTakesOverAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tasks := memstore.New(time.Now)
		left := &task.Task{
			ID: "a", Owner: "me", Phase: task.Queued, Status: task.Progress, Stage: task.LocalProcessing,
			Source: task.Source{URL: "https://example.org/", ContentType: "web"},
		}
		if err := tasks.Create(t.Context(), left); err != nil {
			t.Fatal(err)
		}
		if _, err := tasks.Claim(t.Context(), "folder", task.LongestLease); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		h := open(t, func(s *setup) {
			s.Tasks, s.Runner = tasks, "folder"
			s.Converter.(*fakeConverter).take(time.Hour)
		})
		if got := h.whenIdle("a"); got.Deaths != 1 || got.Attempt != 2 || time.Since(began) > 0 {
			t.Errorf("the task is %s, run %d, %d deaths after %s", got.Phase, got.Attempt, got.Deaths, time.Since(began))
		}
	})
}
