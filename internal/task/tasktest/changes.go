package tasktest

import (
	"time"

	"morag/internal/task"
)

// changes are the ids of up to n tasks that were changed after the mark, and the next mark.
func (b *bench) changes(after int64, n int) (string, int64) {
	b.Helper()
	all, next, err := b.Store.Changes(b.Context(), after, n)
	if err != nil {
		b.Fatal(err)
	}
	for _, t := range all {
		if diff := same(b.get(t.ID), t); diff != "" {
			b.Errorf("task %s is not told as it is: %s", t.ID, diff)
		}
	}
	return ids(all), next
}

func changesComeOnceInTheirOrder(b *bench) {
	other := b.beside()
	b.submit("before")
	none, mark := b.changes(-1, 10)
	if none != "" {
		b.Errorf("what was there before now is told: %s", none)
	}
	if got, next := b.changes(mark, 10); got != "" || next != mark {
		b.Errorf("nothing was changed, and told are %q up to %d, want up to %d", got, next, mark)
	}
	for _, id := range []string{"a", "b", "c"} {
		b.submit(id)
	}
	other.update("a", func(t *task.Task, now time.Time) error { return t.Revoke(now) })
	if got := b.claim("r"); got != "before" {
		b.Fatalf("claimed %q", got)
	}
	b.renew(5*time.Minute, task.Run{TaskID: "before", Attempt: 1, Done: 0.5, Message: "half"})
	b.update("b", func(*task.Task, time.Time) error { return nil }) // which writes nothing
	got, next := b.changes(mark, 10)
	if got != "b c a before" || next <= mark {
		b.Errorf("changed are %q up to %d", got, next)
	}
	for _, want := range []string{"b c", "a before", ""} {
		if got, mark = b.changes(mark, 2); got != want {
			b.Errorf("two at a time: %q, want %q", got, want)
		}
	}
	if mark != next {
		b.Errorf("two at a time end at %d, all at once at %d", mark, next)
	}
	b.update("c", func(t *task.Task, now time.Time) error { return t.Revoke(now) })
	if got, _ := other.changes(mark, 10); got != "c" {
		b.Errorf("the other store tells of %q, want c", got)
	}
}
