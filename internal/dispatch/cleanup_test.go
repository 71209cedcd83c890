package dispatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/job"
)

func TestCleanupGoesByPages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		const jobs = 2*cleanupPage + 50
		for i := range jobs {
			j := h.create(t, fmt.Sprint("task-", i))
			if _, err := h.Cancel(t.Context(), j.ID, ""); err != nil {
				t.Fatal(err)
			}
		}
		pages, asked := 0, map[string]bool{}
		keep := func(_ context.Context, page []*job.Job) (map[string]bool, error) {
			pages++
			needed := map[string]bool{}
			for _, j := range page {
				if asked[j.ID] || j.Status != job.Cancelled || j.IngestionTaskID == "" {
					t.Errorf("asked for %+v, twice or without its task", j)
				}
				asked[j.ID] = true
				needed[j.ID] = len(asked)%7 == 0
			}
			return needed, nil
		}
		removed, err := h.clean(t, 0, keep)
		if want := jobs - jobs/7; err != nil || removed != want || pages != 3 || len(asked) != jobs {
			t.Fatalf("removed %d in %d pages of %d, %v; want %d in 3", removed, pages, len(asked), err, want)
		}
		if stats, err := h.Stats(t.Context()); err != nil || stats.Status[job.Cancelled] != jobs/7 {
			t.Errorf("left are %v, %v; want %d", stats.Status, err, jobs/7)
		}
		broken := errors.New("broken")
		_, err = h.clean(t, 0, func(context.Context, []*job.Job) (map[string]bool, error) { return nil, broken })
		if !errors.Is(err, broken) {
			t.Errorf("nobody knows what is needed: %v", err)
		}
		if stats, err := h.Stats(t.Context()); err != nil || stats.Status[job.Cancelled] != jobs/7 {
			t.Errorf("then left are %v, %v", stats.Status, err)
		}
	})
}

func TestCleanupByAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, job.Policy{})
		old, waiting := h.create(t, "old"), h.create(t, "waiting")
		h.succeed(t, h.take(t, "w"))
		time.Sleep(time.Hour - time.Microsecond)
		for _, want := range []int{0, 1, 0} {
			removed, err := h.clean(t, time.Hour, func(context.Context, []*job.Job) (map[string]bool, error) { return nil, nil })
			if err != nil || removed != want {
				t.Errorf("removed %d, %v; want %d", removed, err, want)
			}
			time.Sleep(time.Microsecond)
		}
		if _, err := h.Get(t.Context(), old.ID); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("the old job: %v, want ErrNotFound", err)
		}
		h.get(t, waiting.ID)
	})
}

// clean removes by all pages.
func (h *harness) clean(t *testing.T, age time.Duration, keep Keeper) (removed int, err error) {
	t.Helper()
	for cursor := ""; ; {
		n, next, err := h.CleanPage(t.Context(), age, cursor, keep)
		removed += n
		if cursor = next; cursor == "" || err != nil {
			return removed, err
		}
	}
}

func TestExpireAllTellsHowManyTimedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := newStreet(t, job.Policy{})
		h := st.open(t, Config{})
		for i := range dueBatch + 5 {
			h.create(t, fmt.Sprint("task-", i))
		}
		h.take(t, "w")
		h.stop() // so that only ExpireAll lets time pass
		s, err := New(t.Context(), Config{Store: st.jobs.Open(), Fleet: st.fleet, Sources: &Sources{}, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		defer s.store.Close()
		time.Sleep(2 * time.Minute) // the claim was never taken up
		if n, err := s.ExpireAll(t.Context()); err != nil || n != 0 {
			t.Errorf("%d timed out, %v; want none yet", n, err)
		}
		time.Sleep(time.Hour)
		if n, err := s.ExpireAll(t.Context()); err != nil || n != dueBatch+5 {
			t.Errorf("%d timed out, %v; want all %d", n, err, dueBatch+5)
		}
	})
}
