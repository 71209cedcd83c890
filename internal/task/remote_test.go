package task_test

import (
	"errors"
	"testing"
	"time"

	"morag/internal/task"
)

// Every phase with and without a job that is over: only an ended task can leave one behind.
func TestOrphaned(t *testing.T) {
	t.Parallel()
	for _, phase := range task.Phases() {
		for _, r := range []*task.Remote{nil, {JobID: "j"}, {JobID: "j", Over: true}} {
			k := &task.Task{Phase: phase, Remote: r}
			want := phase == task.Ended && r != nil && !r.Over
			if got := k.Orphaned(); got != want {
				t.Errorf("%s with job %+v: orphaned %v, want %v", phase, r, got, want)
			}
			waits := phase == task.Waiting && r != nil
			if k.WaitsForJob() != waits || k.FallsBack() != waits {
				t.Errorf("%s with job %+v: waits %v, falls back %v, want %v", phase, r, k.WaitsForJob(), k.FallsBack(), waits)
			}
			k.Options.NoFallback = true
			if k.FallsBack() {
				t.Errorf("%s with job %+v falls back although it may not", phase, r)
			}
		}
	}
}

func TestWhatIsKnownOfTheJob(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	k := submitted()
	must(t, k.Start("r", now, time.Minute))
	must(t, k.Park(k.Attempt, "m"))
	if k.Remote.Over {
		t.Fatal("the job is over before it began")
	}
	must(t, k.Wake(false, "no worker", now))
	if !k.Remote.Over {
		t.Error("a wait has ended, and the job is not known to be over")
	}
	before := k.Revision
	must(t, k.JobsEnded("j"))
	if k.Revision != before {
		t.Error("noted again, and it is a change")
	}
	must(t, k.JobRetried("j"))
	if k.Remote.Over || k.Revision != before+1 {
		t.Errorf("retried: over %v at revision %d, want one change", k.Remote.Over, k.Revision)
	}
	for _, note := range []func(string) error{func(id string) error { return k.JobsEnded(id) }, k.JobRetried} {
		if err := note("other"); !errors.Is(err, task.ErrConflict) {
			t.Errorf("another job: %v, want ErrConflict", err)
		}
	}
	must(t, k.JobsEnded("j"))
	must(t, k.Start("r", now, time.Minute))
	must(t, k.Fail(k.Attempt, "m", now))
	must(t, k.Reopen(true, now.Add(time.Hour), now))
	if k.Remote.Over {
		t.Error("the task waits for its job again, which is taken to be over")
	}
}
