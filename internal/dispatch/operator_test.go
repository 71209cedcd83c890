package dispatch

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/fleet"
	"morag/internal/job"
)

// TestTriedAgainOnlyWithItsSource: a retry and a reassignment want the source as it was.
func TestTriedAgainOnlyWithItsSource(t *testing.T) {
	t.Parallel()
	again := map[string]func(h *harness, id string) (*job.Job, error){
		"retry":    func(h *harness, id string) (*job.Job, error) { return h.Retry(context.Background(), id) },
		"reassign": func(h *harness, id string) (*job.Job, error) { return h.Reassign(context.Background(), id, "w2") },
	}
	spoil := map[string]struct {
		change func(h *harness) error
		want   error
	}{
		"unchanged": {func(*harness) error { return nil }, nil},
		"gone":      {func(h *harness) error { return os.Remove(h.source) }, ErrSourceGone},
		"changed":   {func(h *harness) error { return os.WriteFile(h.source, []byte("other sound"), 0o600) }, ErrSourceGone},
		"outside":   {func(h *harness) error { h.sources.Dirs = nil; return nil }, ErrSourceAway},
	}
	for call, try := range again {
		for state, c := range spoil {
			t.Run(call+" "+state, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					h := open(t, job.Policy{})
					j := h.create(t, "task")
					h.fail(t, h.take(t, "w"), Result{Final: true})
					must(t, c.change(h))
					got, err := try(h, j.ID)
					if !errors.Is(err, c.want) {
						t.Fatalf("%v, want %v", err, c.want)
					}
					if want := map[bool]job.Status{true: job.Pending, false: job.Failed}[err == nil]; h.get(t, j.ID).Status != want || err == nil && got.ID != j.ID {
						t.Errorf("then the job is %s, want %s", h.get(t, j.ID).Status, want)
					}
					if _, err := try(h, "nothing"); !errors.Is(err, job.ErrNotFound) {
						t.Errorf("no job: %v, want ErrNotFound", err)
					}
				})
			})
		}
	}
}

// TestReleasedTwiceIsNoError, and neither is a cancel; what stands against a change is.
func TestReleasedTwiceIsNoError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		j := h.create(t, "task")
		if _, err := h.Release(t.Context(), j.ID, Holder{}); !errors.Is(err, job.ErrConflict) {
			t.Errorf("released by nobody: %v, want ErrConflict", err)
		}
		h.take(t, "w")
		for range 2 {
			if now, err := h.Release(t.Context(), j.ID, Holder{WorkerID: "w", Attempt: 1}); err != nil || now.Status != job.Pending {
				t.Errorf("released: %v, %v", now, err)
			}
		}
		if jobs := h.poll(t, "w", 0); len(jobs) != 0 {
			t.Error("the releaser got it back")
		}
		h.succeed(t, h.take(t, "other"))
		if _, err := h.Cancel(t.Context(), j.ID, ""); !errors.Is(err, job.ErrConflict) {
			t.Errorf("cancelled when completed: %v, want ErrConflict", err)
		}
		if _, err := h.Retry(t.Context(), j.ID); !errors.Is(err, job.ErrConflict) {
			t.Errorf("retried when completed: %v, want ErrConflict", err)
		}
	})
}

// TestPollsEnd: by the caller's leaving, by its key, and by the server's stop.
func TestPollsEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(h *harness, revoked chan struct{}){
		"the key is revoked": func(_ *harness, revoked chan struct{}) { close(revoked) },
		"the server stops":   func(h *harness, _ chan struct{}) { h.Stop(); h.Stop() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h, revoked, done := open(t, job.Policy{}), make(chan struct{}), make(chan time.Duration)
				start := time.Now()
				go func() {
					jobs, err := h.Poll(t.Context(), Poll{WorkerID: "w", Types: []string{"audio"}, Wait: time.Minute, Ended: revoked})
					if err != nil || len(jobs) != 0 {
						t.Errorf("got %v, %v", jobs, err)
					}
					done <- time.Since(start)
				}()
				time.Sleep(time.Second)
				end(h, revoked)
				if waited := <-done; waited != time.Second {
					t.Errorf("ended after %s, want at once", waited)
				}
			})
		})
	}
}

// TestOnlyWhatCompletedIsLearned: how long a failure took says nothing.
func TestOnlyWhatCompletedIsLearned(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		h.create(t, "task")
		j := h.take(t, "w")
		time.Sleep(time.Second)
		h.fail(t, j, Result{Final: true})
		for name, s := range map[string]*harness{"the same": h, "one that starts": h.street.open(t, Config{})} {
			if got := s.Estimate("audio", 5); got != 5*time.Minute {
				t.Errorf("%s: audio takes %s after a failure", name, got)
			}
		}
	})
}

// TestAnotherServersSightingMayBeLate: what it has not written yet is waited for.
func TestAnotherServersSightingMayBeLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		h.poll(t, "w", 0)
		for _, step := range []struct {
			pass time.Duration
			want bool
		}{{time.Minute - time.Millisecond, true}, {fleet.SightingEvery, true}, {time.Millisecond, false}} {
			time.Sleep(step.pass)
			if got := h.available(t, time.Minute); got != step.want {
				t.Errorf("there is somebody: %v, want %v", got, step.want)
			}
		}
	})
}
