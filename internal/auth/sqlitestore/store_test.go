package sqlitestore_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"morag/internal/auth"
	"morag/internal/auth/authtest"
	"morag/internal/auth/sqlitestore"
	"morag/internal/sqlite"
)

func TestStore(t *testing.T) {
	t.Parallel()
	authtest.Run(t, func(t *testing.T) auth.Store { return open(t, filepath.Join(t.TempDir(), "test.db")) })
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	authtest.RunSecrets(t, func(t *testing.T) (a, b auth.Secrets) {
		path := filepath.Join(t.TempDir(), "test.db")
		return open(t, path), open(t, path)
	})
}

func TestSessions(t *testing.T) {
	t.Parallel()
	authtest.RunSessions(t, func(t *testing.T) (a, b auth.SessionStore) {
		path := filepath.Join(t.TempDir(), "test.db")
		return open(t, path), open(t, path)
	})
}

func open(t *testing.T, path string) *sqlitestore.Store {
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
	s, err := sqlitestore.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A server and `morag keys` have the file open at the same time, as here two databases.
func TestTwoOpenFilesSeeEachOther(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	server, command := open(t, path), open(t, path)
	if _, _, err := auth.Create(t.Context(), command, auth.Spec{Name: "one", Role: auth.Client}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if keys, err := server.List(t.Context()); err != nil || len(keys) != 1 {
		t.Fatalf("the server sees %v, %v; want the key", keys, err)
	}
	if _, err := auth.Revoke(t.Context(), command, "one", time.Now()); err != nil {
		t.Fatal(err)
	}
	if keys, err := server.List(t.Context()); err != nil || keys[0].RevokedAt.IsZero() {
		t.Fatalf("the server sees %v, %v; want it revoked", keys, err)
	}
}
