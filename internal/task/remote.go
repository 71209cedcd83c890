package task

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"morag/internal/part"
)

// WaitsForJob tells whether t waits for a remote job.
func (t *Task) WaitsForJob() bool { return t.Phase == Waiting && t.Remote != nil }

// FallsBack tells whether t waits for a remote job that it can do without.
func (t *Task) FallsBack() bool { return t.WaitsForJob() && !t.Options.NoFallback }

// Orphaned tells whether t has ended while its remote job is not known to have: the job
// may run for nobody.
func (t *Task) Orphaned() bool { return t.Phase == Ended && t.Remote != nil && !t.Remote.Over }

// Plan is how t's source is converted in parts, nil when it is not.
func (t *Task) Plan() *part.Plan {
	if t.Remote == nil {
		return nil
	}
	return t.Remote.Plan
}

// Jobs are the remote jobs of t that are not known to be over.
func (t *Task) Jobs() []string {
	switch {
	case t.Remote == nil:
		return nil
	case t.Remote.Plan != nil:
		return t.Remote.Plan.Open()
	case t.Remote.Over:
		return nil
	}
	return []string{t.Remote.JobID}
}

// Names tells whether t waits for that job, or has its text, or a part of it, from it.
func (t *Task) Names(jobID string) bool {
	switch {
	case t.Remote == nil:
		return false
	case t.Remote.Plan != nil:
		return t.Remote.Plan.Of(jobID) != nil
	}
	return t.Remote.JobID == jobID
}

// JobType is the content type of t's remote jobs.
func (t *Task) JobType() string {
	if plan := t.Plan(); plan != nil {
		return plan.ContentType
	}
	return t.Source.ContentType
}

// JobEnd is how a remote job ended: its status, who had it last and, unless that brought its
// result, why not.
type JobEnd struct {
	Status string
	Worker string
	Why    string
}

// JobOver is told of the end of a job that t waits for. The wait is over with it, or with the
// last of its jobs. Told again of that of a part it changes nothing; of a task that does not
// wait, or does not name the job, it is [ErrConflict].
func (t *Task) JobOver(jobID string, end JobEnd, now time.Time) error {
	if t.Phase != Waiting || !t.Names(jobID) {
		return fmt.Errorf("task %s does not wait for job %s: %w", t.ID, jobID, ErrConflict)
	}
	plan := t.Remote.Plan
	if plan == nil {
		return t.Wake(end.Why == "", end.Why, now)
	}
	p := plan.Of(jobID)
	if p.Over() {
		return nil
	}
	p.Ended, p.Worker, p.GaveUp = end.Status, end.Worker, end.Why
	if len(plan.Open()) > 0 {
		t.Revision++
		return nil
	}
	if plan.AnyDone() {
		return t.Wake(true, "", now)
	}
	return t.Wake(false, plan.Parts[0].GaveUp, now)
}

// AskAgain has parts of a running task converted once more, in another language, by the jobs
// named: they are by the places of the parts, whose results are kept. The task is to wait for them.
func (t *Task) AskAgain(attempt int, language string, jobs map[int]string, warnings ...string) error {
	return t.Advance(attempt, t.Stage, "asking workers once more", func(t *Task) {
		for i, id := range jobs {
			t.Remote.Plan.Parts[i].Again(id, language)
		}
		t.Remote.JobID = t.Remote.Plan.Parts[0].JobID
		t.Remote.Done, t.Remote.Over = false, false
		t.Warnings = append(t.Warnings, warnings...)
	})
}

// JobsEnded notes that remote jobs of a task that does not wait for them are over. Noted
// again changes nothing; of a task that names another job it is [ErrConflict].
func (t *Task) JobsEnded(ids ...string) error {
	changed := false
	for _, id := range ids {
		if !t.Names(id) {
			return fmt.Errorf("task %s does not name job %s: %w", t.ID, id, ErrConflict)
		}
		if plan := t.Remote.Plan; plan != nil && !plan.Of(id).Over() {
			p := plan.Of(id)
			p.Ended, p.GaveUp, changed = "cancelled", "it was called off", true
		}
	}
	if r := t.Remote; r != nil && !r.Over && (r.Plan == nil || len(r.Plan.Open()) == 0) {
		r.Over, changed = true, true
	}
	if changed {
		t.Revision++
	}
	return nil
}

// JobRetried notes that the remote job of that id may be under way again, as
// [Task.JobsEnded] that it is not.
func (t *Task) JobRetried(id string) error {
	if !t.Names(id) {
		return fmt.Errorf("task %s does not name job %s: %w", t.ID, id, ErrConflict)
	}
	changed := t.Remote.Over
	t.Remote.Over = false
	if plan := t.Plan(); plan != nil {
		p := plan.Of(id)
		changed = changed || p.Over()
		p.Reopen()
	}
	if changed {
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
