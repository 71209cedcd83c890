package dispatch

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/fleet"
	fleetmem "morag/internal/fleet/memstore"
)

// slowFleet answers when it is let, and counts the questions.
type slowFleet struct {
	fleet.Store
	let   chan struct{}
	asked []int // how many workers each question was about
	err   error
}

func (f *slowFleet) Find(ctx context.Context, ids ...string) (map[string]fleet.Worker, time.Time, error) {
	f.asked = append(f.asked, len(ids))
	<-f.let
	if f.err != nil {
		return nil, time.Time{}, f.err
	}
	return f.Store.Find(ctx, ids...)
}

// TestPollsThatComeTogetherShareAQuestion: while one is under way the others wait for the
// next, and each gets its own answer.
func TestPollsThatComeTogetherShareAQuestion(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := fleetmem.New(fleet.Limits{}, nil)
		for i := range 300 {
			must(t, store.Add(t.Context(), fleet.Worker{ID: fmt.Sprint("w", i), Done: i}))
		}
		slow := &slowFleet{Store: store, let: make(chan struct{})}
		l := &lookups{fleet: slow}
		answers := make(chan error, 301)
		ask := func(i int) {
			w, now, err := l.find(t.Context(), fmt.Sprint("w", i))
			if err == nil && ((w != nil) != (i < 300) || w != nil && w.Done != i || !now.Equal(time.Now())) {
				err = fmt.Errorf("worker %d: %+v, at %s", i, w, now)
			}
			answers <- err
		}
		for i := range 301 { // the last is not known
			go ask(i)
			synctest.Wait()
		}
		gone, leave := context.WithCancel(t.Context())
		go func() {
			if _, _, err := l.find(gone, "w0"); !errors.Is(err, context.Canceled) {
				t.Errorf("who has left got %v", err)
			}
		}()
		synctest.Wait()
		leave()
		close(slow.let)
		for range 301 {
			if err := <-answers; err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		if got := fmt.Sprint(slow.asked); got != "[1 256 45]" || l.busy || l.line != nil {
			t.Errorf("asked for %s workers, busy %v; want 1, 256 and the other 45", got, l.busy)
		}
		slow.err = errors.New("broken")
		if w, _, err := l.find(t.Context(), "w1"); w != nil || !errors.Is(err, slow.err) {
			t.Errorf("a broken store: %v, %v", w, err)
		}
	})
}
