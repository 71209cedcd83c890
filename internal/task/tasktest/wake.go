package tasktest

import (
	"context"
	"time"

	"morag/internal/task"
)

// told tells whether a hint is in the channel, or comes soon.
func told(woken <-chan struct{}, soon time.Duration) bool {
	select {
	case <-woken:
		return true
	case <-time.After(soon):
		return false
	}
}

// Each kind of change wakes those who wait for it; a reader that does not read, or whose
// context has ended, holds up nobody.
func wakeTellsOfChanges(b *bench) {
	left, leave := context.WithCancel(b.Context())
	b.Wake(left, task.HintReady)
	leave()
	b.Wake(b.Context(), task.HintReady) // nobody reads it
	woken := map[task.Hint]<-chan struct{}{}
	for _, h := range []task.Hint{task.HintReady, task.HintNotice, task.HintRevoked, task.HintItems} {
		woken[h] = b.Wake(b.Context(), h)
	}
	for _, c := range []struct {
		what   string
		change func()
		want   task.Hint
	}{
		{"created", func() { b.submit("a", webhook("https://a"), remote("j"), batch("all")) }, task.HintReady},
		{"parked", func() {
			b.claim("r")
			b.update("a", func(t *task.Task, _ time.Time) error { return t.Park(1, "") })
		}, ""},
		{"woken", func() { b.update("a", func(t *task.Task, now time.Time) error { return t.Wake(true, "", now) }) }, task.HintReady},
		{"deferred", func() {
			b.claim("r")
			b.update("a", func(t *task.Task, now time.Time) error { return t.Postpone(2, "", now) })
		}, task.HintReady},
		{"revoked while it ran", func() {
			b.claim("r")
			b.update("a", func(t *task.Task, now time.Time) error { return t.Revoke(now) })
		}, task.HintRevoked},
		{"an item has ended", func() {}, task.HintItems},
		{"it has a webhook", func() {}, task.HintNotice},
		{"claimed", func() { b.notices(9) }, ""},
		{"asked again", func() {
			b.tried("a", "")
			b.update("a", func(t *task.Task, now time.Time) error { return t.Redeliver(now) })
		}, task.HintNotice},
		{"failed", func() {
			b.submit("f")
			b.claim("r")
			b.update("f", func(t *task.Task, now time.Time) error { return t.Fail(1, "", now) })
			told(woken[task.HintReady], time.Second)
		}, ""},
		{"reopened", func() { b.update("f", func(t *task.Task, now time.Time) error { return t.Reopen(false, now, now) }) }, task.HintReady},
		{"a batch waits", func() {
			b.submit("all", items("a"))
			told(woken[task.HintReady], time.Second)
			b.claim("r")
			b.claim("r")
			b.update("all", func(t *task.Task, _ time.Time) error { return t.Park(1, "") })
		}, task.HintItems},
	} {
		c.change()
		if c.want != "" && !told(woken[c.want], time.Second) {
			b.Errorf("%s: no hint %q", c.what, c.want)
		}
		if c.want == "" {
			for h, ch := range woken {
				if told(ch, 0) {
					b.Errorf("%s: hint %q", c.what, h)
				}
			}
		}
	}
}
