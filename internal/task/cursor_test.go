package task_test

import (
	"errors"
	"math"
	"testing"

	"morag/internal/task"
)

func FuzzCursor(f *testing.F) {
	for _, c := range []string{"", "1", "zz", "0", "-1", "+1", "01", "ZZ", "1y2p0ij32e8e7", "1y2p0ij32e8e8", "\x00", "ä", " 1"} {
		f.Add(c)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		below, err := task.Filter{Cursor: cursor}.Below()
		switch {
		case cursor == "":
			if below != math.MaxInt64 || err != nil {
				t.Errorf("no cursor: %d, %v", below, err)
			}
		case err != nil:
			if !errors.Is(err, task.ErrCursor) {
				t.Errorf("%q: %v", cursor, err)
			}
		default:
			if back := (&task.Task{Submitted: below}).Cursor(); back != cursor || below <= 0 {
				t.Errorf("%q is %d, which is %q", cursor, below, back)
			}
		}
	})
}
