package task_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/task"
)

var noon = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// state is a task in a phase, with what decides between the rows of the table.
type state struct {
	name   string
	phase  task.Phase
	change func(*task.Task)
}

// states are the phases in every flavour that the table's conditions tell apart.
func states() []state {
	plain := func(*task.Task) {}
	return []state{
		{"queued", task.Queued, plain},
		{"queued for later", task.Queued, func(t *task.Task) { t.RunAt = noon.Add(time.Microsecond) }},
		{"running", task.Running, plain},
		{"running without a remote job", task.Running, func(t *task.Task) { t.Remote = nil }},
		{"running, failing for a day", task.Running, func(t *task.Task) {
			t.Failures, t.FailingSince = task.MinTries-1, noon.Add(-task.MaxFailing)
		}},
		{"running after two deaths", task.Running, func(t *task.Task) { t.Deaths = task.MaxDeaths - 1 }},
		{"waiting", task.Waiting, plain},
		{"success", task.Ended, func(t *task.Task) { t.Status, t.Stage = task.Success, task.Completed }},
		{"failure", task.Ended, plain},
		{"failure without a remote job", task.Ended, func(t *task.Task) { t.Remote = nil }},
		{"revoked", task.Ended, func(t *task.Task) { t.Status = task.Revoked }},
	}
}

// in is a task in the state of that name.
func in(name string) *task.Task {
	all := states()
	return all[slices.IndexFunc(all, func(s state) bool { return s.name == name })].task()
}

func (s state) task() *task.Task {
	t := &task.Task{
		ID: "t", Owner: "o", Revision: 7, Phase: s.phase, Status: task.Progress, Stage: task.CreatingJob,
		Attempt: 3, Message: "as it was", RunAt: noon, CreatedAt: noon.Add(-time.Hour), StartedAt: noon.Add(-time.Minute),
		Remote: &task.Remote{JobID: "j", GaveUp: "gave up"}, Warnings: []string{"one"},
	}
	switch s.phase {
	case task.Queued:
		t.Status, t.Attempt, t.StartedAt = task.Pending, 0, time.Time{}
	case task.Running:
		t.Runner, t.LeaseUntil = "r", noon // the lease has just ended
	case task.Ended:
		t.Status, t.Error, t.CompletedAt = task.Failure, "as it was", noon
	}
	s.change(t)
	return t
}

// fire makes event happen to t, in the variant that the number names.
func fire(t *task.Task, e task.Event, variant int) error {
	switch e {
	case task.Start:
		return t.Start("r2", noon, time.Minute)
	case task.Advance:
		return t.Advance(t.Attempt, task.Storing, "on", func(t *task.Task) { t.Warnings = append(t.Warnings, "two") })
	case task.Park:
		return t.Park(t.Attempt, "parked")
	case task.Wake:
		return t.Wake(true, "", noon)
	case task.Defer:
		if variant == 1 {
			return t.Postpone(t.Attempt, "later", noon.Add(time.Minute))
		}
		return t.Defer(t.Attempt, "for now", noon)
	case task.Lose:
		return t.Lose(noon)
	case task.Finish:
		return t.Finish(t.Attempt, json.RawMessage(`{}`), noon)
	case task.Fail:
		return t.Fail(t.Attempt, "for good", noon)
	case task.Revoke:
		return t.Revoke(noon)
	case task.Reopen:
		return t.Reopen(variant == 1, noon.Add(time.Hour), noon)
	}
	panic("no such event: " + e)
}

// ofRun are the events that only the run which holds the task may cause.
func ofRun(e task.Event) bool {
	return slices.Contains([]task.Event{task.Advance, task.Park, task.Defer, task.Finish, task.Fail}, e)
}

// Every flavour of every phase meets every event: what the table has no row for
// is refused with the right sentinel and changes nothing; what is allowed ends where
// a row says and is one revision on; and no row is there in vain.
func TestTheTableDecides(t *testing.T) {
	t.Parallel()
	used := make(map[task.Transition]bool)
	for _, s := range states() {
		for _, e := range task.Events() {
			for variant := range 2 {
				name := fmt.Sprintf("%s/%s/%d", s.name, e, variant)
				before, after := s.task(), s.task()
				err := fire(after, e, variant)
				if err != nil || after.Revision == before.Revision {
					if diff := cmp.Diff(before, after); diff != "" {
						t.Errorf("%s: refused (%v) but changed:\n%s", name, err, diff)
					}
				}
				switch {
				case err == nil && after.Revision == before.Revision:
					if e != task.Revoke || before.Status != task.Revoked {
						t.Errorf("%s: nothing happened and no error", name)
					}
				case err == nil:
					row := slices.IndexFunc(task.Transitions(), func(r task.Transition) bool {
						return r.From == before.Phase && r.Event == e && r.To == after.Phase
					})
					if row < 0 {
						t.Fatalf("%s: went to %s, which the table does not allow", name, after.Phase)
					}
					used[task.Transitions()[row]] = true
					if after.Revision != before.Revision+1 {
						t.Errorf("%s: revision %d became %d", name, before.Revision, after.Revision)
					}
					consistent(t, name, after)
				case ofRun(e) && before.Phase != task.Running:
					if !errors.Is(err, task.ErrLost) {
						t.Errorf("%s: refused with %v, want ErrLost", name, err)
					}
				default:
					if !errors.Is(err, task.ErrConflict) {
						t.Errorf("%s: refused with %v, want ErrConflict", name, err)
					}
				}
			}
		}
	}
	for _, row := range task.Transitions() {
		if !used[row] {
			t.Errorf("nothing led along the row %+v", row)
		}
	}
}

// consistent holds for every task after every rule.
func consistent(t *testing.T, name string, k *task.Task) {
	t.Helper()
	over := func(s task.Status) bool { return s == task.Success || s == task.Failure || s == task.Revoked }
	terminal := over(k.Status)
	for what, ok := range map[string]bool{
		"ended if and only if its status is terminal":    terminal == (k.Phase == task.Ended),
		"completed_at set if and only if ended":          k.CompletedAt.IsZero() == (k.Phase != task.Ended),
		"a runner if and only if running":                (k.Runner != "") == (k.Phase == task.Running),
		"a lease if and only if running":                 k.LeaseUntil.IsZero() == (k.Phase != task.Running),
		"waiting only for a remote job":                  k.Phase != task.Waiting || k.Remote != nil,
		"an error if and only if failed":                 (k.Error != "") == (k.Status == task.Failure),
		"pending if and only if never started":           (k.Status == task.Pending) == (k.Attempt == 0 && k.Phase == task.Queued),
		"completed if and only if the stage is the last": (k.Stage == task.Completed) == (k.Status == task.Success),
		"a progress between 0 and 1":                     k.Overall() >= 0 && k.Overall() <= 1,
		"no notice without a webhook":                    k.Options.Webhook != nil || k.Notices == nil,
		"no more notices than are kept":                  len(k.Notices) <= task.MaxNotices,
		"notices in the order of their ends":             slices.IsSortedFunc(k.Notices, func(a, b task.Notice) int { return a.Seq - b.Seq }),
		"no more tries than are kept":                    !slices.ContainsFunc(k.Notices, func(n task.Notice) bool { return len(n.Tries) > task.MaxTries || n.Tried > task.MaxTries }),
		"every pending notice knows what it tells":       !slices.ContainsFunc(k.Notices, func(n task.Notice) bool { return !n.NextAt.IsZero() && !over(k.Outcome(&n).Status) }),
	} {
		if !ok {
			t.Errorf("%s: not %s: %+v", name, what, k)
		}
	}
}

// The pairs that matter most are spelled out once more, so that a wrong row in the
// table cannot agree with itself.
func TestWhatTheContractSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from string
		on   task.Event
		to   task.Status
	}{
		{"queued", task.Start, task.Progress},
		{"queued", task.Revoke, task.Revoked},
		{"running", task.Finish, task.Success},
		{"running", task.Fail, task.Failure},
		{"running", task.Revoke, task.Revoked},
		{"running", task.Defer, task.Progress},
		{"running", task.Lose, task.Progress},
		{"running, failing for a day", task.Defer, task.Failure},
		{"running after two deaths", task.Lose, task.Failure},
		{"waiting", task.Revoke, task.Revoked},
		{"waiting", task.Wake, task.Progress},
		{"success", task.Revoke, ""},
		{"failure", task.Revoke, ""},
		{"failure", task.Reopen, task.Progress},
		{"revoked", task.Revoke, task.Revoked},
		{"success", task.Reopen, ""},
		{"revoked", task.Reopen, ""},
	} {
		k := in(c.from)
		err := fire(k, c.on, 0)
		if c.to == "" {
			if !errors.Is(err, task.ErrConflict) {
				t.Errorf("%s on %s: %v, want ErrConflict", c.on, c.from, err)
			}
		} else if err != nil || k.Status != c.to {
			t.Errorf("%s on %s: %s (%v), want %s", c.on, c.from, k.Status, err, c.to)
		}
	}
}
