package task_test

import (
	"testing"
	"time"

	"morag/internal/task"
)

func TestStampSetsWhatIsNotThere(t *testing.T) {
	t.Parallel()
	now, before := time.Unix(2000, 0), time.Unix(1000, 0)
	for name, tt := range map[string]struct{ is, want task.Task }{
		"a new one":             {task.Task{Phase: task.Queued}, task.Task{Phase: task.Queued, CreatedAt: now, RunAt: now}},
		"one with times":        {task.Task{Phase: task.Queued, CreatedAt: before, RunAt: before}, task.Task{Phase: task.Queued, CreatedAt: before, RunAt: before}},
		"one that does not run": {task.Task{Phase: task.Waiting}, task.Task{Phase: task.Waiting, CreatedAt: now}},
	} {
		got := tt.is
		got.Stamp(now)
		if !got.CreatedAt.Equal(tt.want.CreatedAt) || !got.RunAt.Equal(tt.want.RunAt) {
			t.Errorf("%s: created %v, runs %v; want %v, %v", name, got.CreatedAt, got.RunAt, tt.want.CreatedAt, tt.want.RunAt)
		}
	}
}

// A notice is given up when its time is up to the microsecond, and not before.
func TestNoticeIsTriedForItsWholeTime(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	for told, want := range map[time.Duration]bool{task.MaxTelling - time.Microsecond: true, task.MaxTelling: false} {
		tk := &task.Task{ID: "t", Notices: []task.Notice{{Seq: 1, Since: now.Add(-told), Tried: task.MinTellings - 1, NextAt: now}}}
		if err := tk.Tried(1, 0, task.Try{At: now, Error: "no answer"}, task.Wish{}, now); err != nil {
			t.Fatal(err)
		}
		if again := !tk.Notices[0].NextAt.IsZero(); again != want {
			t.Errorf("after %s it is tried again: %v", told, again)
		}
	}
}
