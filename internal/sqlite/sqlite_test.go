package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
)

// notes is the migration set of these tests: one table of unique words.
func notes() fs.FS {
	return fstest.MapFS{"001_note.sql": {Data: []byte(`-- +goose Up
CREATE TABLE note (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE);
`)}}
}

func open(t testing.TB, cfg Config) *DB {
	t.Helper()
	if cfg.Path == "" {
		cfg.Path = filepath.Join(t.TempDir(), "test.db")
	}
	db, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Migrate(t.Context(), "note", notes()); err != nil {
		t.Fatal(err)
	}
	return db
}

func (db *DB) add(ctx context.Context, words ...string) error {
	return db.Write(ctx, func(ctx context.Context) error {
		for _, w := range words {
			if _, err := db.Exec(ctx, "INSERT INTO note (word) VALUES (?)", w); err != nil {
				return err
			}
		}
		return nil
	})
}

func words(t testing.TB, db *DB) string {
	t.Helper()
	rows, err := db.Query(t.Context(), "SELECT word FROM note ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var w string
		if err := rows.Scan(&w); err != nil {
			t.Fatal(err)
		}
		all = append(all, w)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func want(t testing.TB, db *DB, all string) {
	t.Helper()
	if got := words(t, db); got != all {
		t.Errorf("the table holds %q, want %q", got, all)
	}
}

func TestOpenMakesAPrivateFileWhateverItsName(t *testing.T) {
	t.Parallel()
	name := "a b#c%41&d.db"
	if runtime.GOOS != "windows" {
		name = "what? " + name
	}
	path := filepath.Join(t.TempDir(), "new", "folder", name)
	db := open(t, Config{Path: path})
	if err := db.add(t.Context(), "hello"); err != nil {
		t.Fatal(err)
	}
	names, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range names {
		if !strings.HasPrefix(e.Name(), name) {
			t.Errorf("%q was made beside the file", e.Name())
		}
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
	}
}

func TestOpenSetsWhatIsPromised(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	pragmas := func(ctx context.Context) map[string]string {
		all := make(map[string]string)
		for _, p := range []string{"journal_mode", "synchronous", "foreign_keys", "busy_timeout", "query_only"} {
			var v string
			if err := db.QueryRow(ctx, "PRAGMA "+p).Scan(&v); err != nil {
				t.Error(err)
			}
			all[p] = v
		}
		return all
	}
	reader := pragmas(t.Context())
	var writer map[string]string
	if err := db.Write(t.Context(), func(ctx context.Context) error {
		writer = pragmas(ctx)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ pragma, writer, reader string }{
		{"journal_mode", "wal", "wal"},
		{"synchronous", "2", "2"},
		{"foreign_keys", "1", "1"},
		{"busy_timeout", "10000", "10000"},
		{"query_only", "0", "1"},
	} {
		if writer[c.pragma] != c.writer || reader[c.pragma] != c.reader {
			t.Errorf("%s is %s for the writer, %s for readers, want %s and %s",
				c.pragma, writer[c.pragma], reader[c.pragma], c.writer, c.reader)
		}
	}
}

func TestOpenRefusesWhatIsNotADatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if db, err := Open(t.Context(), Config{Path: path}); err == nil {
		db.Close()
		t.Fatal("a text file was opened")
	}
}

func TestReadersCannotWrite(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	if _, err := db.Exec(t.Context(), "INSERT INTO note (word) VALUES ('x')"); err == nil {
		t.Error("Exec outside of Write was obeyed")
	}
	if err := db.QueryRow(t.Context(), "INSERT INTO note (word) VALUES ('x') RETURNING id").Scan(new(int)); err == nil {
		t.Error("a query that writes was obeyed outside of Write")
	}
	want(t, db, "")
}

func TestQueryRowAnswersWhatIsWrong(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	var n int
	if err := db.QueryRow(t.Context(), "SELECT id FROM note").Scan(&n); !errors.Is(err, sql.ErrNoRows) {
		t.Errorf("no row: %v", err)
	}
	if err := db.QueryRow(t.Context(), "SELECT id FROM nothing").Scan(&n); err == nil {
		t.Error("no table: no error")
	}
	if err := db.QueryRow(t.Context(), "SELECT 'x'").Scan(&n); err == nil {
		t.Error("no number: no error")
	}
}

func TestCloseRunsWhatWaitsAndRefusesWhatComesLater(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	held, release := make(chan struct{}), make(chan struct{})
	results := make(chan error, 2)
	go func() {
		results <- db.Write(t.Context(), func(ctx context.Context) error {
			close(held)
			<-release
			return db.add(ctx, "first")
		})
	}()
	<-held
	go func() { results <- db.add(t.Context(), "second") }()
	waitFor(db, 1)
	closed := make(chan error)
	go func() { closed <- db.Close() }()
	for !db.isClosed() {
		runtime.Gosched()
	}
	if err := db.add(t.Context(), "third"); !errors.Is(err, ErrClosed) {
		t.Errorf("a write after Close: %v", err)
	}
	close(release)
	for range 2 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	again := open(t, Config{Path: db.path})
	want(t, again, "first second")
}

func (db *DB) isClosed() bool {
	db.mu.RLock()
	defer db.mu.RUnlock()
	return db.closed
}

// waitFor returns when n functions wait for the writer.
func waitFor(db *DB, n int) {
	for len(db.queue) < n {
		runtime.Gosched()
	}
}
