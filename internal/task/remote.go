package task

import (
	"fmt"
	"math"
	"strconv"
)

// WaitsForJob tells whether t waits for a remote job.
func (t *Task) WaitsForJob() bool { return t.Phase == Waiting && t.Remote != nil }

// FallsBack tells whether t waits for a remote job that it can do without.
func (t *Task) FallsBack() bool { return t.WaitsForJob() && !t.Options.NoFallback }

// Orphaned tells whether t has ended while its remote job is not known to have: the job
// may run for nobody.
func (t *Task) Orphaned() bool { return t.Phase == Ended && t.Remote != nil && !t.Remote.Over }

// JobEnded notes that the remote job of that id is over. Noted again changes nothing; of
// a task that names another job it is [ErrConflict].
func (t *Task) JobEnded(id string) error { return t.noteJob(id, true) }

// JobRetried notes that the remote job of that id may be under way again, as
// [Task.JobEnded] that it is not.
func (t *Task) JobRetried(id string) error { return t.noteJob(id, false) }

func (t *Task) noteJob(id string, over bool) error {
	if t.Remote == nil || t.Remote.JobID != id {
		return fmt.Errorf("task %s does not name job %s: %w", t.ID, id, ErrConflict)
	}
	if t.Remote.Over != over {
		t.Remote.Over = over
		t.Revision++
	}
	return nil
}

// Wait selects tasks that wait for a remote job; the zero value selects all of them.
type Wait struct {
	// Late leaves those whose deadline has passed, by the store's time.
	Late bool
	// FallBack leaves those of this content type that [Task.FallsBack].
	FallBack string
	Limit    int // 0 for 100, at most 1000
	Cursor   string
}

// PageSize is how many tasks a page of w holds.
func (w Wait) PageSize() int { return Filter{Limit: w.Limit}.PageSize() }

// Above is the Submitted that the tasks of the page are above. [ErrCursor].
func (w Wait) Above() (int64, error) {
	if w.Cursor == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(w.Cursor, 36, 64)
	if err != nil || n <= 0 || n == math.MaxInt64 || strconv.FormatInt(n, 36) != w.Cursor {
		return 0, fmt.Errorf("cursor %.40q: %w", w.Cursor, ErrCursor)
	}
	return n, nil
}
