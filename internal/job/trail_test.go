package job_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"morag/internal/job"
)

func TestTrailIsBounded(t *testing.T) {
	t.Parallel()
	var trail job.Trail
	if ids, mark, err := trail.After(0, 10); len(ids) > 0 || mark != 0 || err != nil {
		t.Errorf("nothing was changed: %v, %d, %v", ids, mark, err)
	}
	if _, _, err := trail.After(1, 10); !errors.Is(err, job.ErrCursor) {
		t.Errorf("after a mark that never was: %v", err)
	}
	const known = 4096
	for i := range known + 10 {
		trail.Add(fmt.Sprint(i))
	}
	trail.Add("0")
	ids, mark, err := trail.After(11, known)
	if err != nil || len(ids) != known || ids[0] != "11" || ids[known-1] != "0" || mark != known+11 {
		t.Errorf("all that is known: %d jobs from %v up to %d, %v", len(ids), ids[:1], mark, err)
	}
	if _, _, err := trail.After(10, known); !errors.Is(err, job.ErrCursor) {
		t.Errorf("after what is not known any more: %v", err)
	}
	if ids, next, err := trail.After(-1, 10); len(ids) > 0 || next != mark || err != nil {
		t.Errorf("after now: %v, %d, %v", ids, next, err)
	}
	for range 3 {
		trail.Add("again")
	}
	if ids, next, _ := trail.After(mark, 10); !slices.Equal(ids, []string{"again"}) || next != mark+3 {
		t.Errorf("one that was changed three times: %v up to %d", ids, next)
	}
}
