package tasktest

import (
	"time"

	"morag/internal/task"
)

func backlogIsWhatThereIsToDo(b *bench) {
	check := func(when string, want task.Backlog) {
		b.Helper()
		if got, err := b.Backlog(b.Context()); err != nil || got != want {
			b.Errorf("%s: the backlog is %+v, %v; want %+v", when, got, err, want)
		}
	}
	check("nothing is there", task.Backlog{})
	b.submit("first", webhook("https://example.com/hook"))
	b.submit("second", func(t *task.Task) {
		t.Remote = &task.Remote{JobID: "job", Since: b.Now(), Deadline: b.Now().Add(time.Hour)}
	})
	b.submit("third")
	check("three were submitted", task.Backlog{Queued: 3})
	b.Advance(time.Minute)
	check("a minute later", task.Backlog{Queued: 3, Late: time.Minute})
	b.claim("r")
	b.claim("r")
	b.update("second", func(t *task.Task, _ time.Time) error { return t.Park(1, "m") })
	check("two were claimed, one of which waits", task.Backlog{Queued: 1, Running: 1, Waiting: 1, Late: time.Minute})
	b.update("first", func(t *task.Task, now time.Time) error { return t.Finish(1, nil, now) })
	b.Advance(30 * time.Second)
	check("one has ended", task.Backlog{Queued: 1, Waiting: 1, Late: 90 * time.Second, Notices: 1, NoticeLate: 30 * time.Second})
	b.notices(1)
	check("its notice is in hand", task.Backlog{Queued: 1, Waiting: 1, Late: 90 * time.Second, Notices: 1})
	b.tried("first", "")
	b.claim("r")
	b.update("third", func(t *task.Task, now time.Time) error { return t.Postpone(1, "later", now.Add(time.Hour)) })
	check("the rest is to be done later", task.Backlog{Queued: 1, Waiting: 1})
}
