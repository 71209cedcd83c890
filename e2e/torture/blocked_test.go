package torture

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestBlockedFolders puts a file in the place of one folder after the other, so that
// nothing can be written, read or removed there, whoever the server runs as.
func TestBlockedFolders(t *testing.T) {
	t.Parallel()
	s := newServer(t, t.TempDir())
	w := newWorld(t, s)
	w.history.allowed = []int{500, 503}
	s.start()
	choose := random(5)
	w.during(func(ctx context.Context) {
		pause(ctx, time.Second)
		for _, folder := range []string{
			"remote_jobs/pending", "remote_jobs/processing", "remote_jobs/completed", "remote_jobs/failed",
			"remote_jobs/cancelled", "uploads/incoming", "remote_jobs/pending", "remote_jobs/completed",
		} {
			open := block(t, filepath.Join(s.data, filepath.FromSlash(folder)))
			pause(ctx, time.Duration(100+choose.IntN(400))*time.Millisecond)
			if choose.IntN(3) == 0 {
				s.kill()
			}
			open()
			s.revive()
			pause(ctx, time.Duration(choose.IntN(400))*time.Millisecond)
		}
	})
}

// block puts a file in the place of a folder and returns what takes it away again.
func block(t *testing.T, folder string) (open func()) {
	t.Helper()
	away := folder + ".away"
	if err := os.Rename(folder, away); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder, []byte("in the way"), 0o400); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := os.Remove(folder); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(away, folder); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBlockedFile puts folders where the claim and the result of one job will write
// its file: it is converted all the same, as are the others.
func TestBlockedFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, newServer(t, t.TempDir()))
	w.start()
	ids := w.makeJobs(t, 3)
	for _, status := range []string{"processing", "completed"} {
		inTheWay := filepath.Join(w.server.jobs(), status, ids[0]+".json")
		if err := os.MkdirAll(filepath.Join(inTheWay, "full"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	a := w.byHand()
	for range ids {
		g := w.claimOne(t, w.names[0])
		a.deliver(t.Context(), g, a.good(g))
	}
	for _, id := range ids {
		if j := w.record(t, id); j.Status != "completed" || j.Attempt != 1 {
			t.Errorf("job %s is %s after attempt %d", id, j.Status, j.Attempt)
		}
	}
	w.judge()
}
