package sqlite

import (
	"context"
	"path/filepath"
	"testing"
)

// TestSnapshotIsOfOneMoment takes snapshots while rows are written two at a time.
func TestSnapshotIsOfOneMoment(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "morag.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec := func(query string) {
		t.Helper()
		if err := db.Write(t.Context(), func(ctx context.Context) error {
			_, err := db.Exec(ctx, query)
			return err
		}); err != nil {
			t.Error(err)
		}
	}
	exec("CREATE TABLE pair (n INTEGER)")
	exec("INSERT INTO pair VALUES (0), (0)")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				exec("INSERT INTO pair SELECT max(n) + 1 FROM pair UNION ALL SELECT max(n) + 1 FROM pair")
			}
		}
	}()
	for i := range 5 {
		path := filepath.Join(t.TempDir(), "copy.db")
		if err := db.Snapshot(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		if err := db.Snapshot(t.Context(), path); err == nil {
			t.Error("a file that is there was taken")
		}
		copied, err := Open(t.Context(), Config{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		var rows, odd int
		err = copied.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM pair), (SELECT count(*) FROM (SELECT n FROM pair GROUP BY n HAVING count(*) <> 2))").Scan(&rows, &odd)
		if err != nil || rows < 2 || odd > 0 {
			t.Errorf("snapshot %d: %d rows, %d halves (%v)", i, rows, odd, err)
		}
		copied.Close()
	}
	close(stop)
	<-stopped
}
