package tasktest

import (
	"slices"
	"time"

	"morag/internal/task"
)

// secretive gives a task a password.
func secretive(t *task.Task) { t.Options.Password = "open sesame" }

// secretiveAreThoseThatEnded: of those that keep secrets only what ended before the time
// and has nobody to tell.
func secretiveAreThoseThatEnded(b *bench) {
	b.submit("under way", secretive)
	b.submit("none")
	b.submit("untold", secretive, webhook("https://example.com"))
	for _, id := range []string{"old", "young", "gone"} {
		b.submit(id, secretive)
	}
	fail := func(id string) {
		b.update(id, func(t *task.Task, now time.Time) error {
			if err := t.Start("r", now, time.Minute); err != nil {
				return err
			}
			return t.Fail(t.Attempt, "no", now)
		})
	}
	for _, id := range []string{"none", "untold", "old", "gone"} {
		fail(id)
	}
	ended := b.Now()
	b.Advance(time.Second)
	fail("young")
	if got := b.get("old").Options.Password; got != "open sesame" {
		b.Errorf("a failure keeps the password as %q", got)
	}
	b.update("gone", func(t *task.Task, _ time.Time) error { t.Forget(); return nil })
	for _, c := range []struct {
		before time.Time
		n      int
		want   []string
	}{
		{ended, 9, nil},
		{ended.Add(time.Second), 9, []string{"old"}},
		{ended.Add(time.Second + time.Microsecond), 9, []string{"old", "young"}},
		{ended.Add(time.Hour), 1, []string{"old"}},
	} {
		got, err := b.Secretive(b.Context(), c.before, c.n)
		if err != nil || !slices.Equal(got, c.want) {
			b.Errorf("%d before %s: %v (%v), want %v", c.n, c.before, got, err, c.want)
		}
	}
}
