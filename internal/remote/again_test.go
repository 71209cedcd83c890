package remote

import (
	"context"
	"errors"
	"testing"
	"time"

	"morag/internal/job"
	"morag/internal/task"
)

func TestRetryLetsTheFailedTaskWait(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]func(*harness, string) (*job.Job, error){
		"retried":    func(h *harness, id string) (*job.Job, error) { return h.Retry(h.t.Context(), id) },
		"reassigned": func(h *harness, id string) (*job.Job, error) { return h.Reassign(h.t.Context(), id, "w") },
	} {
		h := open(t)
		failed := h.failed("t")
		if name == "reassigned" {
			// Only what failed or ran out of time is sent to another worker.
			if _, err := h.jobs.Retry(t.Context(), failed.Remote.JobID); err != nil {
				t.Fatal(err)
			}
		}
		h.advance(time.Minute)
		j, err := again(h, failed.Remote.JobID)
		if err != nil || j.Status != job.Pending {
			t.Fatalf("%s: %+v (%v)", name, j, err)
		}
		got := h.get("t")
		if got.Phase != task.Waiting || got.Remote.GaveUp != "" || got.Remote.Over || !got.Remote.Deadline.Equal(h.clock.now().Add(3600*time.Second)) {
			t.Errorf("%s: the task is %s with %+v", name, got.Phase, got.Remote)
		}
		h.complete(failed.Remote.JobID, "at last")
		if got := h.get("t"); got.Phase != task.Queued || !got.Remote.Done {
			t.Errorf("%s: with the result the task is %s with %+v", name, got.Phase, got.Remote)
		}
	}
}

func TestRetryOfAWaitingTasksJob(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.jobs.ended = nil
	w := h.waits("t", task.Options{})
	if _, err := h.jobs.Cancel(t.Context(), w.Remote.JobID, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Retry(t.Context(), w.Remote.JobID); err != nil {
		t.Fatal(err)
	}
	if got := h.get("t"); got.Phase != task.Waiting || got.Revision != w.Revision {
		t.Errorf("the task is %s, changed from %d to %d", got.Phase, w.Revision, got.Revision)
	}
}

// Who has no use for another try: another job's task, and one that is over.
func TestRetryIsRefused(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*task.Task, time.Time) error{
		"revoked": revoke,
		"succeeded": func(t *task.Task, now time.Time) error {
			t.Phase, t.Status, t.Revision = task.Ended, task.Success, t.Revision+1
			return nil
		},
		"of another job": func(t *task.Task, _ time.Time) error { t.Remote.JobID, t.Revision = "other", t.Revision+1; return nil },
		"not remote":     func(t *task.Task, _ time.Time) error { t.Remote, t.Revision = nil, t.Revision+1; return nil },
	} {
		h := open(t)
		h.jobs.ended = nil
		w := h.waits("t", task.Options{})
		id := w.Remote.JobID
		if _, err := h.jobs.Cancel(t.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
		before := h.update("t", end)
		if _, err := h.Retry(t.Context(), id); !errors.Is(err, ErrOver) {
			t.Errorf("%s: %v, want ErrOver", name, err)
		}
		if got := h.status(id); got != job.Cancelled || h.get("t").Revision != before.Revision {
			t.Errorf("%s: the job is %s, or the task changed", name, got)
		}
	}
}

func TestRetryThatIsNotPossibleChangesNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	failed := h.failed("t")
	own := h.own("own", "nobody's", `{}`)
	if _, err := h.jobs.Cancel(t.Context(), own.ID, ""); err != nil {
		t.Fatal(err)
	}
	if j, err := h.Retry(t.Context(), own.ID); err != nil || j.Status != job.Pending {
		t.Errorf("a client's own: %+v (%v)", j, err)
	}
	if _, err := h.Retry(t.Context(), "none"); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("%v, want ErrNotFound", err)
	}
	h.jobs.before = func(ctx context.Context) {
		if err := h.jobs.Delete(ctx, failed.Remote.JobID); err != nil {
			t.Error(err)
		}
	}
	if _, err := h.Retry(t.Context(), failed.Remote.JobID); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("%v, want ErrNotFound", err)
	}
	if got := h.get("t"); got.Status != task.Failure || got.Revision != failed.Revision {
		t.Errorf("the task is %s", got.Status)
	}
}

// A task that is called off while its job is retried takes the job with it.
func TestRetryRacesWithTheEndOfTheTask(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.jobs.ended = nil
	w := h.waits("t", task.Options{})
	if _, err := h.jobs.Cancel(t.Context(), w.Remote.JobID, ""); err != nil {
		t.Fatal(err)
	}
	h.jobs.before = func(context.Context) { h.update("t", revoke) }
	if _, err := h.Retry(t.Context(), w.Remote.JobID); err != nil {
		t.Fatal(err)
	}
	if got := h.status(w.Remote.JobID); got != job.Cancelled {
		t.Errorf("the job is %s, and nobody wants it", got)
	}
}

// A task that goes on without its job lets that be tried, and ends it when it ends first.
func TestRetryBesideALocalConversion(t *testing.T) {
	t.Parallel()
	h := open(t)
	w := h.waits("t", task.Options{})
	id := w.Remote.JobID
	if _, err := h.jobs.Cancel(t.Context(), id, "by hand"); err != nil {
		t.Fatal(err)
	}
	running := h.claim("t")
	if _, err := h.Retry(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	h.update("t", func(t *task.Task, now time.Time) error { return t.Finish(running.Attempt, []byte(`{}`), now) })
	h.lookedAround("")
	if got := h.status(id); got != job.Cancelled || h.get("t").Orphaned() {
		t.Errorf("the job is %s", got)
	}
}

func TestResultAndProgress(t *testing.T) {
	t.Parallel()
	h := open(t)
	w := h.waits("t", task.Options{})
	if _, ok := h.Progress(t.Context(), w); ok {
		t.Error("somebody is at work on a pending job")
	}
	if _, err := h.Result(t.Context(), w); !errors.Is(err, ErrNoResult) {
		t.Errorf("%v, want ErrNoResult", err)
	}
	claimed, err := h.jobs.Claim(t.Context(), job.Claimant{WorkerID: "w", Lease: time.Minute}, []string{"audio"}, 1)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("%v (%v)", claimed, err)
	}
	if p, ok := h.Progress(t.Context(), w); !ok || p.Message != "a worker converts it" || p.Remaining != time.Minute {
		t.Errorf("%+v, %v", p, ok)
	}
	half := 0.5
	if _, err := h.jobs.Alive(t.Context(), w.Remote.JobID, job.Beat{WorkerID: "w", Attempt: 1, Progress: &half, Message: "half"}); err != nil {
		t.Fatal(err)
	}
	h.advance(20 * time.Second)
	if p, ok := h.Progress(t.Context(), w); !ok || p.Done != 0.5 || p.Message != "half" || p.Remaining != 40*time.Second {
		t.Errorf("%+v, %v", p, ok)
	}
	if _, ok := h.Progress(t.Context(), &task.Task{}); ok {
		t.Error("a task without a job has progress")
	}
	h.advance(time.Second)
	again := New(h.Ends, h.Service.jobs)
	if p, _ := again.Progress(t.Context(), w); p.Done != 0.5 || p.Message != "half" {
		t.Errorf("after a restart that has lost nothing: %+v", p)
	}
	for enabled, want := range map[bool]time.Duration{true: time.Minute, false: 0} {
		h.policy.Enabled = enabled
		if got, ok := h.Estimate("audio", 1); got != want || ok != enabled {
			t.Errorf("estimate %s, %v", got, ok)
		}
	}
	gone := &task.Task{Remote: &task.Remote{JobID: "none", Done: true}}
	if _, err := h.Result(t.Context(), gone); !errors.Is(err, ErrNoResult) {
		t.Errorf("%v, want ErrNoResult", err)
	}
	if _, ok := h.Progress(t.Context(), gone); ok {
		t.Error("a job that is not there has progress")
	}
}

// Who is told that a store is not available, although the job is tried again already, must
// not take that for a refusal.
func TestRetryIsInDoubtWhenItsTaskCannotBeTold(t *testing.T) {
	t.Parallel()
	for _, away := range []error{task.ErrUnavailable, task.ErrNoSpace, job.ErrUnavailable} {
		h := open(t)
		id := h.failed("t").Remote.JobID
		h.Service.tasks = &untold{Store: h.tasks, err: away}
		if _, err := h.Retry(t.Context(), id); !errors.Is(err, job.ErrInDoubt) || !errors.Is(err, away) {
			t.Errorf("with %v: %v, want it in doubt", away, err)
		}
		if j, err := h.jobs.Get(t.Context(), id); err != nil || j.Status != job.Pending {
			t.Errorf("with %v: the job is %+v (%v)", away, j, err)
		}
		h.Service.tasks = &untold{Store: h.tasks, err: away, told: 1}
		if _, err := h.Retry(t.Context(), id); !errors.Is(err, away) || errors.Is(err, job.ErrInDoubt) {
			t.Errorf("with %v before anything was done: %v", away, err)
		}
	}
}

// untold is a store whose second change of a task fails, and all later ones.
type untold struct {
	task.Store
	err  error
	told int
}

func (u *untold) Update(ctx context.Context, id string, change func(*task.Task, time.Time) error) (*task.Task, error) {
	if u.told++; u.told > 1 {
		return nil, u.err
	}
	return u.Store.Update(ctx, id, change)
}

// The progress of a job may be forgotten when the server begins anew: its watcher sees why.
func TestForgottenProgressHasAReason(t *testing.T) {
	t.Parallel()
	h := open(t)
	w := h.waits("t", task.Options{})
	if _, err := h.jobs.Claim(t.Context(), job.Claimant{WorkerID: "w", Lease: time.Minute}, []string{"audio"}, 1); err != nil {
		t.Fatal(err)
	}
	says := func(s *Service, want string) {
		t.Helper()
		if p, ok := s.Progress(t.Context(), w); !ok || p.Message != want {
			t.Errorf("%+v, %v, want %q", p, ok, want)
		}
	}
	h.advance(time.Second)
	says(New(h.Ends, h.Service.jobs), "a worker converts it") // which nobody has heard of yet
	if _, err := h.jobs.Alive(t.Context(), w.Remote.JobID, job.Beat{WorkerID: "w", Attempt: 1}); err != nil {
		t.Fatal(err)
	}
	says(New(h.Ends, h.Service.jobs), "a worker converts it") // heard of since
	h.advance(time.Second)
	says(h.Service, "a worker converts it")
	again := New(h.Ends, h.Service.jobs)
	says(again, "a worker converts it; how far it was is not known since the server began anew")
	little := 0.1
	if _, err := h.jobs.Alive(t.Context(), w.Remote.JobID, job.Beat{WorkerID: "w", Attempt: 1, Progress: &little}); err != nil {
		t.Fatal(err)
	}
	says(again, "a worker converts it")
}
