package sqlitestore_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"morag/internal/sqlite"
	"morag/internal/task"
)

// Tasks of a file from before there were columns for their remote jobs are found by them.
func TestOpensTasksThatWaitedBefore(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile("migration/001_task.sql")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(t.Context(), "task", fstest.MapFS{"001_task.sql": {Data: first}}); err != nil {
		t.Fatal(err)
	}
	for id, columns := range map[string][3]string{
		"revoked": {"ended", "REVOKED", `"remote":{"job_id":"j"}`},
		"failed":  {"ended", "FAILURE", `"remote":{"job_id":"j","gave_up":"no worker"}`},
		"done":    {"ended", "SUCCESS", `"remote":{"job_id":"j","done":true}`},
		"stays":   {"waiting", "PROGRESS", `"source":{"content_type":"audio"},"options":{"no_fallback":true},"remote":{"job_id":"j","deadline":"2026-01-02T03:04:05.5Z"}`},
		"waits":   {"waiting", "PROGRESS", `"source":{"content_type":"audio"},"options":{},"remote":{"job_id":"j","deadline":"2026-01-02T03:04:05Z"}`},
	} {
		body := `{"id":"` + id + `","phase":"` + columns[0] + `","status":"` + columns[1] + `",` + columns[2] + `}`
		err := db.Write(t.Context(), func(ctx context.Context) error {
			_, err := db.Exec(ctx, `INSERT INTO task (id, owner, phase, status, priority, run_at, runner, lease_until, remote_job_id, body)
				VALUES (?, 'o', ?, ?, 0, 0, '', 0, 'j', ?)`, id, columns[0], columns[1], body)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s, _ := open(t, path, func() time.Time { return now })
	orphans, err := s.Orphans(t.Context(), 9)
	if err != nil || len(orphans) != 1 || orphans[0].ID != "revoked" {
		t.Errorf("orphans %v (%v), want the revoked one", orphans, err)
	}
	waiting := func(w task.Wait) int {
		t.Helper()
		found, _, err := s.WaitingForJobs(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	if all, audio, late := waiting(task.Wait{}), waiting(task.Wait{FallBack: "audio"}), waiting(task.Wait{Late: true}); all != 2 || audio != 1 || late != 0 {
		t.Errorf("%d wait, %d may fall back, %d are late; want 2, 1, 0", all, audio, late)
	}
	for after, want := range map[time.Duration]int{time.Microsecond: 1, 500 * time.Millisecond: 1, 500*time.Millisecond + time.Microsecond: 2} {
		now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(after)
		if got := waiting(task.Wait{Late: true}); got != want {
			t.Errorf("%s later %d are late, want %d", after, got, want)
		}
	}
}
