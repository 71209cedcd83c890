package task_test

import (
	"errors"
	"testing"
	"time"

	"morag/internal/task"
)

func TestHasten(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		phase task.Phase
		ahead time.Duration
		want  error
	}{
		"a clock that was set back":      {task.Queued, 10 * time.Hour, nil},
		"as long as a rule may put off":  {task.Queued, task.LongestWait, task.ErrConflict},
		"running":                        {task.Running, 10 * time.Hour, task.ErrConflict},
		"the longest backoff is shorter": {task.Queued, task.Backoff("x", 100), task.ErrConflict},
	} {
		x := &task.Task{ID: "x", Phase: c.phase, RunAt: now.Add(c.ahead), Revision: 3}
		before := *x
		err := x.Hasten(now)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err != nil && (x.RunAt != before.RunAt || x.Revision != 3) || err == nil && (!x.RunAt.Equal(now) || x.Revision != 4) {
			t.Errorf("%s: run at %s, revision %d", name, x.RunAt, x.Revision)
		}
	}
}
