package sqlitestore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"morag/internal/sqlite"
	"morag/internal/task"
	"morag/internal/task/sqlitestore"
	"morag/internal/task/tasktest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	tasktest.Run(t, func(t *testing.T) tasktest.Place {
		return place{tasktest.NewClock(), filepath.Join(t.TempDir(), "test.db")}
	})
}

// place is a file that each store has opened for itself.
type place struct {
	*tasktest.Clock
	path string
}

func (p place) Open(t *testing.T) task.Store {
	s, db := open(t, p.path, p.Now)
	t.Cleanup(func() { linesAreCounted(t, db) })
	return s
}

// linesAreCounted: what is counted for the turns of owners is what there is.
func linesAreCounted(t *testing.T, db *sqlite.DB) {
	t.Helper()
	wrong := 0
	err := db.QueryRow(context.Background(), `WITH true AS (
		SELECT 'run' AS kind, precedence, owner, sum(phase = 'queued') AS waiting, sum(phase = 'running') AS held FROM task GROUP BY 1, 2, 3
		UNION ALL SELECT 'notice', 0, owner, count(notice_at), count(notice_holder) FROM task GROUP BY 1, 2, 3)
		SELECT count(*) FROM true LEFT JOIN task_line USING (kind, precedence, owner)
		WHERE true.waiting <> ifnull(task_line.waiting, 0) OR true.held <> ifnull(task_line.held, 0)`).Scan(&wrong)
	if err != nil || wrong > 0 {
		t.Errorf("%d lines are counted wrongly (%v)", wrong, err)
	}
}

func open(t testing.TB, path string, now func() time.Time) (*sqlitestore.Store, *sqlite.DB) {
	t.Helper()
	// The test's own context ends before its clean-up.
	db, err := sqlite.Open(context.Background(), sqlite.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := sqlitestore.New(t.Context(), db, now, sealed{})
	if err != nil {
		t.Fatal(err)
	}
	return s, db
}

func queued(id string) *task.Task {
	return &task.Task{ID: id, Phase: task.Queued, Status: task.Pending, Stage: task.Initializing}
}

func TestChangesJoinTheTransaction(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, db := open(t, filepath.Join(t.TempDir(), "test.db"), time.Now)
	if err := s.Create(ctx, queued("a")); err != nil {
		t.Fatal(err)
	}
	own := errors.New("the document was refused")
	both := func(end error) error {
		return db.Write(ctx, func(ctx context.Context) error {
			if err := s.Create(ctx, queued("b")); err != nil {
				t.Error(err)
			}
			if _, err := s.Update(ctx, "a", func(t *task.Task, now time.Time) error { return t.Revoke(now) }); err != nil {
				t.Error(err)
			}
			// A refusal inside undoes itself only.
			if _, err := s.Update(ctx, "a", func(t *task.Task, now time.Time) error { return t.Wake(true, "", now) }); !errors.Is(err, task.ErrConflict) {
				t.Errorf("a refusal in a transaction: %v", err)
			}
			if a, err := s.Get(ctx, "a"); err != nil || a.Status != task.Revoked {
				t.Errorf("the transaction does not see its own change: %+v (%v)", a, err)
			}
			return end
		})
	}
	if err := both(own); !errors.Is(err, own) {
		t.Fatal(err)
	}
	if a, err := s.Get(ctx, "a"); err != nil || a.Status != task.Pending {
		t.Errorf("rolled back, yet %+v (%v)", a, err)
	}
	if _, err := s.Get(ctx, "b"); !errors.Is(err, task.ErrNotFound) {
		t.Errorf("rolled back, yet created: %v", err)
	}
	if err := both(nil); err != nil {
		t.Fatal(err)
	}
	if a, err := s.Get(ctx, "a"); err != nil || a.Status != task.Revoked {
		t.Errorf("committed, yet %+v (%v)", a, err)
	}
	if _, err := s.Get(ctx, "b"); err != nil {
		t.Errorf("committed, yet %v", err)
	}
}

func TestTasksOutliveTheProcess(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "test.db")
	s, db := open(t, path, time.Now)
	a := queued("a")
	if err := s.Create(ctx, a); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Create(ctx, queued("late")); !errors.Is(err, task.ErrUnavailable) {
		t.Errorf("a closed store returned %v", err)
	}
	s, _ = open(t, path, time.Now)
	if got, err := s.Get(ctx, "a"); err != nil || got.Submitted != a.Submitted {
		t.Errorf("found %+v (%v)", got, err)
	}
	b := queued("b")
	if err := s.Create(ctx, b); err != nil || b.Submitted <= a.Submitted {
		t.Errorf("the next task got number %d after %d (%v)", b.Submitted, a.Submitted, err)
	}
}

func TestAFullDiskIsTheDomainsError(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, db := open(t, filepath.Join(t.TempDir(), "test.db"), time.Now)
	if err := s.Create(ctx, queued("a")); err != nil {
		t.Fatal(err)
	}
	if err := db.Write(ctx, func(ctx context.Context) error {
		_, err := db.Exec(ctx, "PRAGMA max_page_count = 1")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	big := queued("b")
	big.Message = string(make([]byte, 1<<20))
	if err := s.Create(ctx, big); !errors.Is(err, task.ErrNoSpace) {
		t.Errorf("no room: %v", err)
	}
	if _, err := s.Get(ctx, "b"); !errors.Is(err, task.ErrNotFound) {
		t.Errorf("something is left: %v", err)
	}
	if a, err := s.Get(ctx, "a"); err != nil || a.Revision != 1 {
		t.Errorf("another task is %+v (%v)", a, err)
	}
}

// What an earlier program has stored stays readable, and nobody is told of ends that
// are long past.
func TestTasksOfAnEarlierProgram(t *testing.T) {
	t.Parallel()
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "test.db")
	db, err := sqlite.Open(ctx, sqlite.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile("migration/001_task.sql")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Migrate(ctx, "task", fstest.MapFS{"001_task.sql": {Data: first}}); err != nil {
		t.Fatal(err)
	}
	if err := db.Write(ctx, func(ctx context.Context) error {
		_, err := db.Exec(ctx, `INSERT INTO task (id, owner, phase, status, priority, run_at, runner, lease_until, body)
			VALUES ('old', 'o', 'ended', 'FAILURE', 0, 0, '', 0, '{"id":"old","owner":"o","revision":5,"phase":"ended","status":"FAILURE",
			"error":"no","options":{"webhook":{"url":"https://example.com"}}}')`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	s, _ := open(t, path, time.Now)
	due := func() int {
		t.Helper()
		tasks, _, err := s.ClaimNotices(ctx, "d", task.Busy{}, 9, 0)
		if err != nil {
			t.Fatal(err)
		}
		return len(tasks)
	}
	if old, err := s.Get(ctx, "old"); err != nil || old.Error != "no" || old.Revision != 5 || due() != 0 {
		t.Errorf("%+v (%v), %d notices due", old, err, due())
	}
	if _, err := s.Update(ctx, "old", func(t *task.Task, now time.Time) error { return t.Redeliver(now) }); err != nil || due() != 1 {
		t.Errorf("asked to be told again: %v, %d notices due", err, due())
	}
}
