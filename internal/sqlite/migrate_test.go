package sqlite

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestRoomsMigrateIndependently(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sets.db")
	db := open(t, Config{Path: path})
	one := fstest.MapFS{"001_a.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a (x);")}}
	if err := db.Migrate(t.Context(), "other", one); err != nil {
		t.Fatal(err)
	}
	two := fstest.MapFS{
		"001_a.sql": one["001_a.sql"],
		"002_b.sql": {Data: []byte("-- +goose Up\nALTER TABLE a ADD COLUMN y;")},
	}
	for range 2 { // the second time there is nothing to do
		if err := db.Migrate(t.Context(), "other", two); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Migrate(t.Context(), "note", notes()); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.QueryRow(t.Context(), "SELECT count(y) FROM a").Scan(&n); err != nil {
		t.Error(err)
	}
	if err := db.Migrate(t.Context(), "other", one); err == nil || !strings.Contains(err.Error(), "newer program") {
		t.Errorf("an older program's migrations over a newer file: %v", err)
	}
}

func TestAFailedMigrationChangesNothing(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	bad := fstest.MapFS{"001_bad.sql": {Data: []byte("-- +goose Up\nCREATE TABLE half (x);\nCREATE TABEL no (x);")}}
	if err := db.Migrate(t.Context(), "bad", bad); err == nil {
		t.Fatal("a bad migration was accepted")
	}
	var n int
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM sqlite_schema WHERE name = 'half'").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d tables are left (%v)", n, err)
	}
	if err := db.add(t.Context(), "works"); err != nil {
		t.Error(err)
	}
}

func TestARoomHasAPlainName(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	for _, set := range []string{"", "A", "a b", "a;drop table note", strings.Repeat("a", 33)} {
		if err := db.Migrate(t.Context(), set, notes()); err == nil {
			t.Errorf("set %q was accepted", set)
		}
	}
}
