package tasktest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"morag/internal/task"
	"morag/internal/task/memstore"
)

// behavesLikeThePlainStore does the same at random to the store and to memstore, and
// compares everything they can be asked.
func behavesLikeThePlainStore(b *bench) {
	r := rand.New(rand.NewPCG(1, 2))
	p := &pair{bench: b, plain: memstore.New(b.Now)}
	for step := range 400 {
		b.Advance(time.Duration(r.IntN(int(20 * time.Second))).Truncate(time.Microsecond))
		p.step(r)
		if step%10 == 0 {
			p.compare(step, r)
		}
		if b.Failed() {
			b.Fatalf("at step %d", step)
		}
	}
}

type pair struct {
	*bench
	plain *memstore.Store
	n     int // tasks created
}

// both compares the answers of one call.
func both[T any](p *pair, what string, call func(task.Store) (T, error)) {
	p.Helper()
	want, wantErr := call(p.plain)
	got, err := call(p.Store)
	for _, sentinel := range []error{task.ErrNotFound, task.ErrExists, task.ErrConflict, task.ErrLost} {
		if errors.Is(wantErr, sentinel) != errors.Is(err, sentinel) {
			p.Errorf("%s: %v, want %v", what, err, wantErr)
		}
	}
	if diff := same(want, got); diff != "" || (err == nil) != (wantErr == nil) {
		p.Errorf("%s (%v, want %v):\n%s", what, err, wantErr, diff)
	}
}

func (p *pair) step(r *rand.Rand) {
	ctx, now := p.Context(), p.Now()
	id := fmt.Sprint(r.IntN(p.n + 1))
	runner := fmt.Sprint("runner", r.IntN(3))
	update := func(what string, rule func(*task.Task, time.Time) error) {
		both(p, what+" "+id, func(s task.Store) (*task.Task, error) { return s.Update(ctx, id, rule) })
	}
	switch r.IntN(14) {
	case 0, 1:
		t := &task.Task{
			ID: fmt.Sprint(p.n), Owner: fmt.Sprint("owner", r.IntN(3)), Precedence: r.IntN(2), Phase: task.Queued, Status: task.Pending,
			Stage: task.Initializing, CreatedAt: now, RunAt: now.Add(time.Duration(r.IntN(int(time.Minute)))),
			Options: task.Options{Priority: r.IntN(3)},
		}
		switch r.IntN(4) {
		case 0, 1:
			t.Remote = &task.Remote{JobID: "job" + t.ID}
		case 2:
			t.Batch = id
		case 3:
			t.Items = []string{"some"}
		}
		if r.IntN(2) == 0 {
			t.Options.Webhook = &task.Webhook{URL: fmt.Sprintf("https://host%d/", r.IntN(2))}
		}
		p.n++
		both(p, "create", func(s task.Store) (*task.Task, error) {
			c := t.Clone()
			return c, s.Create(ctx, c)
		})
	case 2, 3, 4:
		both(p, "claim", func(s task.Store) (*task.Task, error) { return s.Claim(ctx, runner, time.Minute) })
	case 5:
		runs := []task.Run{{TaskID: id, Attempt: 1 + r.IntN(3), Done: r.Float64()}, {TaskID: fmt.Sprint(r.IntN(p.n + 1)), Attempt: 1}}
		if r.IntN(2) == 0 {
			runs[0].Message = "note"
		}
		both(p, "renew", func(s task.Store) ([]task.Run, error) { return s.Renew(ctx, time.Minute, runs) })
		if r.IntN(4) == 0 {
			both(p, "forsake", func(s task.Store) (bool, error) { return true, s.Forsake(ctx, runner) })
		}
	case 6:
		update("advance", func(t *task.Task, _ time.Time) error { return t.Advance(t.Attempt, task.Storing, "m", nil) })
	case 7:
		update("park", func(t *task.Task, _ time.Time) error { return t.Park(t.Attempt, "m") })
	case 8:
		update("wake", func(t *task.Task, now time.Time) error { return t.Wake(true, "", now) })
	case 9:
		update("defer", func(t *task.Task, now time.Time) error { return t.Defer(t.Attempt, "m", now) })
	case 10:
		update("lose", func(t *task.Task, now time.Time) error { return t.Lose(now) })
	case 11:
		switch r.IntN(4) {
		case 0:
			update("finish", func(t *task.Task, now time.Time) error { return t.Finish(t.Attempt, []byte(`{}`), now) })
		case 1:
			update("fail", func(t *task.Task, now time.Time) error { return t.Fail(t.Attempt, "m", now) })
		case 2:
			update("reopen", func(t *task.Task, now time.Time) error { return t.Reopen(false, now, now) })
		case 3:
			update("revoke", func(t *task.Task, now time.Time) error { return t.Revoke(now) })
		}
	case 12:
		failure := map[bool]string{true: "no"}[r.IntN(3) > 0]
		update("tried", func(t *task.Task, now time.Time) error {
			n := t.Pending()
			if n == nil {
				return task.ErrConflict
			}
			return t.Tried(n.Seq, n.Round, task.Try{At: now, Error: failure}, task.Wish{}, now)
		})
		if r.IntN(4) == 0 {
			both(p, "forsake notices", func(s task.Store) (bool, error) { return true, s.ForsakeNotices(ctx, "d1") })
		}
	case 13:
		update("redeliver", func(t *task.Task, now time.Time) error { return t.Redeliver(now) })
	}
}

func (p *pair) compare(step int, r *rand.Rand) {
	ctx := p.Context()
	what := func(call string) string { return fmt.Sprintf("step %d: %s", step, call) }
	both(p, what("waiting for jobs"), func(s task.Store) ([]string, error) { return walkWaits(ctx, s, task.Wait{Limit: 1 + step%3}) })
	both(p, what("late"), func(s task.Store) ([]string, error) { return walkWaits(ctx, s, task.Wait{Late: true}) })
	both(p, what("orphans"), func(s task.Store) (string, error) {
		orphans, err := s.Orphans(ctx, 1+step%9)
		return ids(orphans), err
	})
	both(p, what("phases"), func(s task.Store) (map[string]task.Phase, error) {
		return s.Phases(ctx, []string{"0", fmt.Sprint(step % 7), fmt.Sprint(p.n - 1), "none"})
	})
	n, whole := 1+r.IntN(9), fmt.Sprint(r.IntN(p.n+1))
	both(p, what("ripe"), func(s task.Store) ([]string, error) { return s.Ripe(ctx, n) })
	both(p, what("count items"), func(s task.Store) (map[task.Status]int, error) { return s.CountItems(ctx, whole) })
	both(p, what("lost"), func(s task.Store) (map[string]bool, error) {
		ids, err := s.Lost(ctx)
		set := make(map[string]bool)
		for _, id := range ids {
			set[id] = true
		}
		return set, err
	})
	both(p, what("next run"), func(s task.Store) (int64, error) {
		wait, err := s.NextRun(ctx)
		// The port lets a store round the time up a little.
		return (wait + time.Microsecond - 1).Microseconds(), err
	})
	both(p, what("backlog"), func(s task.Store) (task.Backlog, error) {
		got, err := s.Backlog(ctx)
		got.Late, got.NoticeLate = got.Late.Truncate(time.Microsecond), got.NoticeLate.Truncate(time.Microsecond)
		return got, err
	})
	busy := task.Busy{Receivers: []string{"host0", "host1", ""}[:r.IntN(3)], Owners: []string{"owner1", "owner0"}[:r.IntN(2)]}
	both(p, what("notices"), func(s task.Store) (string, error) {
		due, wait, err := s.ClaimNotices(ctx, fmt.Sprint("d", step%2), busy, 1+step%3, time.Minute)
		return fmt.Sprint(ids(due), (wait + time.Microsecond - 1).Microseconds()), err
	})
	every := []task.Status{task.Pending, task.Progress, task.Success, task.Failure, task.Revoked}
	f := task.Filter{Limit: 1 + r.IntN(9), Status: every[:r.IntN(len(every)+1)]}
	if r.IntN(2) == 0 {
		f.Owner = "owner1"
	}
	if r.IntN(3) == 0 {
		f.Batch = whole
	}
	both(p, what("count"), func(s task.Store) (map[task.Status]int, error) { return s.Count(ctx, f.Owner, f.Status...) })
	both(p, what("list"), func(s task.Store) ([]string, error) {
		var walked []string
		for page := f; ; {
			tasks, next, err := s.List(ctx, page)
			if err != nil {
				return nil, err
			}
			for _, t := range tasks {
				walked = append(walked, fmt.Sprint(t.ID, t.Revision, t.Phase))
			}
			if next == "" {
				return walked, nil
			}
			page.Cursor = next
		}
	})
}
