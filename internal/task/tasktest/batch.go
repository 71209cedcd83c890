package tasktest

import (
	"fmt"
	"strings"
	"time"

	"morag/internal/task"
)

// A batch is ripe while it waits and no item of it is under way, however the items ended.
func ripeIsABatchWithoutOpenItems(b *bench) {
	ripe := func() string {
		b.Helper()
		all, err := b.Ripe(b.Context(), 9)
		if err != nil {
			b.Fatal(err)
		}
		return strings.Join(all, " ")
	}
	for _, whole := range []string{"x", "y"} {
		var all []string
		for i := range 3 {
			all = append(all, fmt.Sprint(whole, i))
		}
		b.submit(whole, items(all...), priority(1))
		for _, id := range all {
			b.submit(id, batch(whole))
		}
		b.claim("r")
	}
	b.submit("waits for a job", remote("j"), priority(1))
	b.claim("r")
	b.update("waits for a job", func(t *task.Task, _ time.Time) error { return t.Park(1, "") })

	end := func(id string, rule func(t *task.Task, now time.Time) error) {
		b.Helper()
		if got := b.claim("r"); got != id {
			b.Fatalf("claimed %s, want %s", got, id)
		}
		if _, err := b.Update(b.Context(), id, rule); err != nil {
			b.Fatal(err)
		}
	}
	end("x0", func(t *task.Task, now time.Time) error { return t.Finish(1, nil, now) })
	end("x1", func(t *task.Task, now time.Time) error { return t.Fail(1, "no", now) })
	b.update("x", func(t *task.Task, _ time.Time) error { return t.Park(1, "") })
	b.update("y", func(t *task.Task, _ time.Time) error { return t.Park(1, "") })
	if got := ripe(); got != "" {
		b.Errorf("an item is queued, ripe is %q", got)
	}
	end("x2", func(t *task.Task, now time.Time) error { return t.Postpone(1, "", now.Add(time.Minute)) })
	if got := ripe(); got != "" {
		b.Errorf("an item is put off, ripe is %q", got)
	}
	b.update("x2", func(t *task.Task, now time.Time) error { return t.Revoke(now) })
	if got := ripe(); got != "x" {
		b.Errorf("all items have ended, ripe is %q", got)
	}
	counts, err := b.CountItems(b.Context(), "x")
	if diff := same(map[task.Status]int{task.Success: 1, task.Failure: 1, task.Revoked: 1}, counts); err != nil || diff != "" {
		b.Errorf("items of x (%v):\n%s", err, diff)
	}
	if counts, err := b.CountItems(b.Context(), "none"); err != nil || len(counts) != 0 {
		b.Errorf("items of none: %v (%v)", counts, err)
	}
	page, _, err := b.List(b.Context(), task.Filter{Batch: "x", Status: []task.Status{task.Success, task.Revoked}})
	if err != nil || ids(page) != "x2 x0" {
		b.Errorf("items of x that were not failures: %s (%v)", ids(page), err)
	}
	b.update("x1", func(t *task.Task, now time.Time) error { return t.Reopen(false, now, now) })
	if got := ripe(); got != "" {
		b.Errorf("an item is tried again, ripe is %q", got)
	}
	b.update("x1", func(t *task.Task, now time.Time) error { return t.Revoke(now) })
	b.update("x", func(t *task.Task, now time.Time) error { return t.Wake(true, "", now) })
	if got := ripe(); got != "" {
		b.Errorf("woken already, ripe is %q", got)
	}
}
