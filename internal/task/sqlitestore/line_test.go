package sqlitestore_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"morag/internal/sqlite"
	"morag/internal/task"
)

// TestOwnersOfAnEarlierProgramTakeTurns: what waits, runs and is to be told when the lines
// are introduced is counted.
func TestOwnersOfAnEarlierProgramTakeTurns(t *testing.T) {
	t.Parallel()
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "test.db")
	earlier(t, path, "014_", func(ctx context.Context, db *sqlite.DB) error {
		for i, row := range []task.Task{
			{ID: "a1", Owner: "a", Phase: task.Running}, {ID: "a2", Owner: "a", Phase: task.Queued}, {ID: "a3", Owner: "a", Phase: task.Queued},
			{ID: "b1", Owner: "b", Phase: task.Queued}, {ID: "c1", Owner: "c", Phase: task.Ended},
		} {
			body, err := json.Marshal(row)
			if err != nil {
				return err
			}
			var notice, holder any
			if row.Phase == task.Ended {
				notice, holder = i, "dead"
			}
			_, err = db.Exec(ctx, `INSERT INTO task (id, owner, phase, status, priority, run_at, runner, lease_until, notice_at, notice_host, notice_holder, body)
				VALUES (?, ?, ?, '', 0, 0, '', 0, ?, 'c', ?, ?)`,
				row.ID, row.Owner, string(row.Phase), notice, holder, string(body))
			if err != nil {
				return err
			}
		}
		return nil
	})
	s, db := open(t, path, time.Now)
	var got []string
	for range 3 {
		claimed, err := s.Claim(ctx, "r", time.Minute)
		if err != nil || claimed == nil {
			t.Fatalf("claimed %+v (%v)", claimed, err)
		}
		got = append(got, claimed.ID)
	}
	if got := strings.Join(got, " "); got != "b1 a2 a3" {
		t.Errorf("claimed %s, want first of the owner who had nothing in hand", got)
	}
	linesAreCounted(t, db)
}

// earlier makes a database as it was before the migration whose name begins so.
func earlier(t *testing.T, path, before string, fill func(ctx context.Context, db *sqlite.DB) error) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir("migration")
	if err != nil {
		t.Fatal(err)
	}
	known := fstest.MapFS{}
	for _, e := range entries {
		if e.Name() < before {
			data, err := os.ReadFile(filepath.Join("migration", e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			known[e.Name()] = &fstest.MapFile{Data: data}
		}
	}
	if err := db.Migrate(t.Context(), "task", known); err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), func(ctx context.Context) error { return fill(ctx, db) }); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
