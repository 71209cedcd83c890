package dispatch

import (
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/job"
)

// TestWhoIsToldToStop is the table of heartbeats that come too late: cancel is told to the
// last holder of a cancelled job, and to it alone; beside an error it is never told.
func TestWhoIsToldToStop(t *testing.T) {
	t.Parallel()
	end := map[string]func(t *testing.T, h *harness, j *job.Job){
		"held":       func(*testing.T, *harness, *job.Job) {},
		"cancelled":  func(t *testing.T, h *harness, j *job.Job) { must(t, second(h.Cancel(t.Context(), j.ID, "enough"))) },
		"completed":  func(t *testing.T, h *harness, j *job.Job) { h.succeed(t, j) },
		"released":   func(t *testing.T, h *harness, j *job.Job) { must(t, second(h.Release(t.Context(), j.ID, Holder{}))) },
		"reassigned": func(t *testing.T, h *harness, j *job.Job) { must(t, second(h.Reassign(t.Context(), j.ID, "other"))) },
		"claimed anew": func(t *testing.T, h *harness, j *job.Job) {
			must(t, second(h.Release(t.Context(), j.ID, Holder{})))
			h.take(t, "other")
		},
		"cancelled in other hands": func(t *testing.T, h *harness, j *job.Job) {
			must(t, second(h.Release(t.Context(), j.ID, Holder{})))
			h.take(t, "other")
			must(t, second(h.Cancel(t.Context(), j.ID, "")))
		},
	}
	holder, nameless, stranger := job.Beat{WorkerID: "w", Attempt: 1}, job.Beat{WorkerID: "w"}, job.Beat{WorkerID: "x", Attempt: 1}
	late, otherKey := job.Beat{WorkerID: "w", Attempt: 2}, job.Beat{Key: "b", WorkerID: "w", Attempt: 1}
	for _, c := range []struct {
		state  string
		beat   job.Beat
		cancel bool
		err    error
	}{
		{"held", holder, false, nil}, {"held", nameless, false, nil}, {"held", stranger, false, job.ErrLeaseLost},
		{"held", late, false, job.ErrLeaseLost}, {"held", otherKey, false, ErrWorkerTaken},
		{"cancelled", holder, true, nil}, {"cancelled", nameless, true, nil}, {"cancelled", stranger, false, job.ErrLeaseLost},
		{"cancelled", late, false, job.ErrLeaseLost}, {"cancelled", otherKey, false, ErrWorkerTaken},
		{"cancelled", job.Beat{Attempt: 1}, false, job.ErrConflict}, // it does not say who it is
		{"completed", holder, false, job.ErrConflict}, {"released", holder, false, job.ErrConflict},
		{"reassigned", holder, false, job.ErrConflict}, {"claimed anew", holder, false, job.ErrLeaseLost},
		{"cancelled in other hands", holder, false, job.ErrLeaseLost},
	} {
		t.Run(c.state, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := open(t, job.Policy{})
				h.create(t, "task")
				jobs, err := h.Poll(t.Context(), Poll{Key: "a", WorkerID: "w", Types: []string{"audio"}, Lease: time.Minute})
				if err != nil || len(jobs) != 1 {
					t.Fatalf("got %v, %v", jobs, err)
				}
				end[c.state](t, h, jobs[0])
				j, cancel, err := h.Heartbeat(t.Context(), jobs[0].ID, c.beat)
				if cancel != c.cancel || !errors.Is(err, c.err) || (c.err == nil && (j == nil || j.ID != jobs[0].ID)) {
					t.Errorf("%+v: cancel %v, %v; want %v, %v", c.beat, cancel, err, c.cancel, c.err)
				}
			})
		})
	}
}

func second[T any](_ T, err error) error { return err }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTooLargeEndsTheHoldersAttemptForGood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		h.create(t, "task")
		j := h.take(t, "w")
		for _, by := range []Holder{{WorkerID: "x", Attempt: 1}, {WorkerID: "w", Attempt: 2}, {}} {
			h.TooLarge(t.Context(), j.ID, by, "too large")
			if now := h.get(t, j.ID); now.Status != job.Processing {
				t.Fatalf("by %+v the job is %s", by, now.Status)
			}
		}
		h.TooLarge(t.Context(), "nothing", Holder{}, "too large")
		h.TooLarge(t.Context(), j.ID, Holder{WorkerID: "w", Attempt: 1}, "too large")
		if now := h.get(t, j.ID); now.Status != job.Failed || now.ErrorMessage != "too large" {
			t.Errorf("the job is %s: %s", now.Status, now.ErrorMessage)
		}
		if ended := <-h.ended; ended.ID != j.ID {
			t.Errorf("told of %s", ended.ID)
		}
	})
}

// TestResultsOutcome: what a worker is told of its result, whoever waits for the job.
func TestResultsOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		h.create(t, "task")
		j := h.take(t, "w")
		bad := Result{WorkerID: "w", Attempt: 1, Digest: "d"}
		for range 2 {
			status, continued, err := h.Result(t.Context(), j.ID, bad)
			if status != job.Pending || continued || err != nil {
				t.Errorf("an error: %s, %v, %v; want pending, nothing continued", status, continued, err)
			}
		}
		if now := h.get(t, j.ID); now.ErrorMessage != "the worker gave no reason" {
			t.Errorf("the reason is %q", now.ErrorMessage)
		}
		if _, _, err := h.Result(t.Context(), "nothing", bad); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("for no job: %v, want ErrNotFound", err)
		}

		s, err := New(t.Context(), Config{Store: h.store, Fleet: h.street.fleet, Sources: h.sources, Logger: slog.New(slog.DiscardHandler)})
		must(t, err)
		time.Sleep(time.Minute)
		jobs, err := s.Poll(t.Context(), Poll{WorkerID: "w", Types: []string{"audio"}})
		if err != nil || len(jobs) != 1 {
			t.Fatalf("got %v, %v", jobs, err)
		}
		good := Result{WorkerID: "w", Attempt: 2, Digest: "g", Success: true, Data: []byte(`{"content":"x"}`)}
		for range 2 {
			status, continued, err := s.Result(t.Context(), j.ID, good)
			if status != job.Completed || continued || err != nil {
				t.Errorf("a result that nobody waits for: %s, %v, %v", status, continued, err)
			}
		}
	})
}
