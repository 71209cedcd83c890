package filestore

import (
	"context"
	"errors"
	"syscall"
	"testing"

	"morag/internal/job"
)

// TestDeletedJobsDoNotComeBack: not by an outdated file that could not be removed when the
// job went on.
func TestDeletedJobsDoNotComeBack(t *testing.T) {
	t.Parallel()
	d, s := prepared(t, take)
	d.watch(failing("remove processing/a", syscall.EIO))
	if err := update(s, "a", job.Change{Event: job.Cancel}); err != nil {
		t.Fatal(err)
	}
	d.watch(failing("nothing", nil))
	if left := d.list("processing"); len(left) != 1 {
		t.Fatalf("left in the folder: %v", left)
	}
	if err := s.Delete(context.Background(), "a"); err != nil {
		t.Fatal(err)
	}
	again := d.afterKill().open(t, Config{Now: ticking()})
	if j, err := again.Get(context.Background(), "a"); !errors.Is(err, job.ErrNotFound) {
		t.Fatalf("the deleted job is back: %+v, %v", j, err)
	}
}
