// Package sqlitetest checks the migration sets of the stores that are rows of an SQLite
// file.
package sqlitetest

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"morag/internal/sqlite"
)

// SameSchema fails unless the set's schema.sql makes the tables and indexes that its
// migrations make, as far as their names begin with the set's.
func SameSchema(t *testing.T, set string, fsys fs.FS) {
	t.Helper()
	migrations := fstest.MapFS{}
	err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path == "schema.sql" {
			return err
		}
		raw, err := fs.ReadFile(fsys, path)
		migrations[path] = &fstest.MapFile{Data: raw}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	got, want := made(t, set, fsys), made(t, set, migrations)
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("schema.sql makes of %s\n%s\nand the migrations\n%s", name, got[name], want[name])
		}
	}
	for name := range got {
		if want[name] == "" {
			t.Errorf("schema.sql makes %s, and the migrations do not", name)
		}
	}
	if len(want) == 0 {
		t.Errorf("the set %s makes nothing of its name", set)
	}
}

var (
	comment = regexp.MustCompile(`--[^\n]*`)
	space   = regexp.MustCompile(`\s+`)
	around  = regexp.MustCompile(` ?([(),]) ?`)
)

// made is what a new file has of the set, by name: the SQL without what means nothing.
func made(t *testing.T, set string, fsys fs.FS) map[string]string {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "file.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Migrate(t.Context(), set, fsys); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(t.Context(), "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(name, set) {
			text = space.ReplaceAllString(comment.ReplaceAllString(text, ""), " ")
			all[name] = strings.TrimSpace(around.ReplaceAllString(text, "$1"))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
