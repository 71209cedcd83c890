package tasktest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"morag/internal/task"
)

// walkWaits are the ids of all pages of w.
func walkWaits(ctx context.Context, s task.Store, w task.Wait) ([]string, error) {
	walked := []string{}
	for {
		page, next, err := s.WaitingForJobs(ctx, w)
		if err != nil {
			return nil, err
		}
		for _, t := range page {
			walked = append(walked, t.ID)
		}
		if w.Cursor = next; next == "" {
			return walked, nil
		}
	}
}

// parked stores a task that waits for a remote job until the deadline.
func (b *bench) parked(id, contentType string, deadline time.Time, o task.Options) {
	b.Helper()
	b.submit(id, func(t *task.Task) {
		t.Source.ContentType, t.Options = contentType, o
		t.Options.Priority = 1 // so that it is claimed before others
		t.Remote = &task.Remote{JobID: "job-" + id, Since: b.Now(), Deadline: deadline}
	})
	if got := b.claim("r"); got != id {
		b.Fatalf("claimed %q, want %q", got, id)
	}
	b.update(id, func(t *task.Task, _ time.Time) error { return t.Park(t.Attempt, "m") })
}

func waitingForJobsGoesByPages(b *bench) {
	deadline := b.Now().Add(time.Hour)
	for i := range 5 {
		b.parked(fmt.Sprint(i), "audio", deadline, task.Options{})
	}
	page, next, err := b.WaitingForJobs(b.Context(), task.Wait{Limit: 2})
	if err != nil || ids(page) != "0 1" || next == "" {
		b.Fatalf("the first page: %s, continued at %q (%v)", ids(page), next, err)
	}
	b.update("0", func(t *task.Task, now time.Time) error { return t.Revoke(now) })
	b.parked("5", "audio", deadline, task.Options{})
	rest, err := walkWaits(b.Context(), b.Store, task.Wait{Limit: 2, Cursor: next})
	if err != nil || strings.Join(rest, " ") != "2 3 4 5" {
		b.Errorf("the other pages: %v (%v)", rest, err)
	}
	for _, cursor := range []string{"x y", "-1", "0"} {
		if _, _, err := b.WaitingForJobs(b.Context(), task.Wait{Cursor: cursor}); !errors.Is(err, task.ErrCursor) {
			b.Errorf("cursor %q: %v, want ErrCursor", cursor, err)
		}
	}
}

func waitingForJobsSelects(b *bench) {
	soon, later := b.Now().Add(time.Minute), b.Now().Add(time.Hour)
	b.parked("soon", "audio", soon, task.Options{})
	b.parked("soon-stays", "audio", soon, task.Options{NoFallback: true})
	b.parked("later", "video", later, task.Options{})
	b.submit("queued", remote("j"))
	b.submit("batch", func(t *task.Task) { t.Items = []string{"queued"}; t.Options.Priority = 1 })
	if got := b.claim("r"); got != "batch" {
		b.Fatalf("claimed %q", got)
	}
	b.update("batch", func(t *task.Task, _ time.Time) error { return t.Park(t.Attempt, "m") })

	check := func(what string, w task.Wait, want string) {
		b.Helper()
		got, err := walkWaits(b.Context(), b.Store, w)
		if err != nil || strings.Join(got, " ") != want {
			b.Errorf("%s: %v (%v), want %s", what, got, err, want)
		}
	}
	check("all", task.Wait{}, "soon soon-stays later")
	check("audio that falls back", task.Wait{FallBack: "audio"}, "soon")
	check("video that falls back", task.Wait{FallBack: "video"}, "later")
	check("images", task.Wait{FallBack: "image"}, "")
	b.Advance(time.Minute)
	check("late at the deadline", task.Wait{Late: true}, "")
	b.Advance(time.Microsecond)
	check("late behind it", task.Wait{Late: true}, "soon soon-stays")
	check("late that falls back", task.Wait{Late: true, FallBack: "audio"}, "soon")
	b.update("soon", func(t *task.Task, now time.Time) error { return t.Wake(false, "late", now) })
	check("late after one was woken", task.Wait{Late: true}, "soon-stays")
}

func orphansAreTasksWhoseJobMayRun(b *bench) {
	deadline := b.Now().Add(time.Hour)
	for _, id := range []string{"revoked", "woken", "waiting", "second"} {
		b.parked(id, "audio", deadline, task.Options{})
	}
	b.submit("local")
	revoke := func(t *task.Task, now time.Time) error { return t.Revoke(now) }
	b.update("revoked", revoke)
	b.update("second", revoke)
	b.update("local", revoke)
	b.update("woken", func(t *task.Task, now time.Time) error { return t.Wake(false, "no worker", now) })
	b.update("woken", revoke)

	check := func(when string, n int, want string) {
		b.Helper()
		orphans, err := b.Orphans(b.Context(), n)
		if err != nil || ids(orphans) != want {
			b.Errorf("%s: %s (%v), want %s", when, ids(orphans), err, want)
		}
	}
	check("all", 10, "revoked second")
	check("one", 1, "revoked")
	b.update("revoked", func(t *task.Task, _ time.Time) error { return t.JobsEnded("job-revoked") })
	check("after its job ended", 10, "second")
	b.update("woken", func(t *task.Task, _ time.Time) error { return t.JobRetried("job-woken") })
	check("after a job was retried", 10, "woken second")
}

func phasesOfThoseThatAreThere(b *bench) {
	b.submit("running")
	if got := b.claim("r"); got != "running" {
		b.Fatalf("claimed %q", got)
	}
	b.submit("queued")
	b.submit("ended")
	b.update("ended", func(t *task.Task, now time.Time) error { return t.Revoke(now) })
	asked := []string{"ended", "none", "", "queued", "queued", `"],["`}
	for i := range 2000 {
		asked = append(asked, fmt.Sprint("none", i))
	}
	got, err := b.Phases(b.Context(), asked)
	want := map[string]task.Phase{"ended": task.Ended, "queued": task.Queued}
	if err != nil || !maps.Equal(got, want) {
		b.Errorf("phases %v (%v), want %v", got, err, want)
	}
	if none, err := b.Phases(b.Context(), nil); err != nil || len(none) != 0 {
		b.Errorf("of none: %v (%v)", none, err)
	}
}
