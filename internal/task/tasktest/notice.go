package tasktest

import (
	"fmt"
	"strings"
	"time"

	"morag/internal/task"
)

// notices answers the ids of what is due, and checks that it is answered as it is.
func (b *bench) notices(n int, busy ...string) (due string, next time.Time) {
	b.Helper()
	tasks, next, err := b.Notices(b.Context(), busy, n)
	if err != nil {
		b.Fatal(err)
	}
	for _, t := range tasks {
		if diff := same(b.get(t.ID), t); diff != "" {
			b.Errorf("task %s:\n%s", t.ID, diff)
		}
	}
	return ids(tasks), next
}

// ended stores a task that is over and whose webhook is to be told at that time.
func (b *bench) ended(id, url string, at time.Time) {
	b.Helper()
	b.submit(id, webhook(url))
	b.update(id, func(t *task.Task, now time.Time) error {
		err := t.Revoke(now)
		t.Notices[0].NextAt = at
		return err
	})
}

func (b *bench) tried(id string, failure string) {
	b.Helper()
	b.update(id, func(t *task.Task, now time.Time) error {
		n := t.Pending()
		return t.Tried(n.Seq, n.Round, task.Try{At: now, Error: failure}, task.Wish{}, now)
	})
}

func noticesComeWithTheEnd(b *bench) {
	b.submit("told", webhook("https://example.com/hook"))
	b.submit("nobody to tell")
	b.submit("under way", webhook("https://example.com/hook"))
	for range 3 {
		b.claim("r")
	}
	if due, next := b.notices(9); due != "" || !next.IsZero() {
		b.Errorf("nothing has ended, due is %q, next %v", due, next)
	}
	for _, id := range []string{"told", "nobody to tell"} {
		b.update(id, func(t *task.Task, now time.Time) error { return t.Finish(1, nil, now) })
	}
	if due, next := b.notices(9); due != "told" || !next.IsZero() {
		b.Errorf("due is %q, next %v; want the task that ended and has a webhook", due, next)
	}
	if n, err := b.CountNotices(b.Context()); n != 1 || err != nil {
		b.Errorf("%d tasks with a notice, %v; want 1", n, err)
	}
	b.tried("told", "no answer")
	due, next := b.notices(9)
	if wait := next.Sub(b.Now()); due != "" || wait < 4*time.Second || wait > 6*time.Second {
		b.Errorf("after a try due is %q, next in %v; want nothing and 5 s", due, wait)
	}
	b.Advance(next.Sub(b.Now()))
	if due, _ := b.notices(9); due != "told" {
		b.Errorf("when its time has come due is %q", due)
	}
	b.tried("told", "")
	if due, next := b.notices(9); due != "" || !next.IsZero() {
		b.Errorf("delivered, yet due is %q, next %v", due, next)
	}
	if n, err := b.CountNotices(b.Context()); n != 0 || err != nil {
		b.Errorf("%d tasks with a notice, %v; want none", n, err)
	}
}

func noticesAreDueInTheirOrder(b *bench) {
	now := b.Now()
	for i, ahead := range []time.Duration{-time.Minute, 0, -time.Hour, time.Minute, -time.Minute, time.Second} {
		b.ended(fmt.Sprint(i), "https://example.com", now.Add(ahead))
	}
	for n, want := range map[int]string{9: "2 0 4 1", 4: "2 0 4 1", 3: "2 0 4", 1: "2"} {
		due, next := b.notices(n)
		if due != want || !next.Equal(now.Add(time.Second)) {
			b.Errorf("of %d due is %q, want %q; next %v", n, due, want, next)
		}
	}
}

func noticesOfBusyHostsAreLeftOut(b *bench) {
	now := b.Now()
	for i, url := range []string{"https://a/1", "http://A/2", "https://a:8443", "https://b/?c#d", "https://user@c/", "::", ""} {
		b.ended(fmt.Sprint(i), url, now)
	}
	for busy, want := range map[string]string{
		"": "0 1 2 3 4 5 6", "a": "2 3 4 5 6", "a:8443": "0 1 3 4 5 6", "a b": "2 4 5 6", "nobody": "0 1 2 3 4 5 6", "a a:8443 b c": "5 6",
	} {
		if due, _ := b.notices(9, strings.Fields(busy)...); due != want {
			b.Errorf("while %q are busy due is %q, want %q", busy, due, want)
		}
	}
	if due, _ := b.notices(9, "", "a", "b", "c", "a:8443"); due != "" {
		b.Errorf("while all are busy due is %q", due)
	}
}

// A clock that is set back must not keep a receiver waiting until it has come as far
// again.
func noticesFarAheadAreDue(b *bench) {
	now := b.Now()
	b.ended("far", "https://example.com", now.Add(task.LongestNoticeWait+time.Microsecond))
	b.ended("soon", "https://example.com", now.Add(task.LongestNoticeWait))
	b.ended("past", "https://example.com", now.Add(-time.Second))
	b.ended("farther", "https://example.com", now.Add(24*365*time.Hour))
	if due, next := b.notices(9); due != "past far farther" || !next.Equal(now.Add(task.LongestNoticeWait)) {
		b.Errorf("due is %q, next %v", due, next)
	}
	if due, _ := b.notices(9, "example.com"); due != "" {
		b.Errorf("of a busy host due is %q", due)
	}
}
