package sqlite

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestSetsMigrateIndependently(t *testing.T) {
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

func TestASetHasAPlainName(t *testing.T) {
	t.Parallel()
	db := open(t, Config{})
	for _, set := range []string{"", "A", "a b", "a;drop table note", strings.Repeat("a", 33)} {
		if err := db.Migrate(t.Context(), set, notes()); err == nil {
			t.Errorf("set %q was accepted", set)
		}
	}
}

// TestANewFileIsMadeBySchema: a new file gets a set by its schema, notes every migration as
// made, and takes the next one; an old one never sees the schema.
func TestANewFileIsMadeBySchema(t *testing.T) {
	t.Parallel()
	first := fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE a (x);\n-- +goose Down\nDROP TABLE a;")}
	second := fstest.MapFile{Data: []byte("-- +goose Up\nALTER TABLE a ADD COLUMN y;\n-- +goose Down\nDROP TABLE a;")}
	third := fstest.MapFile{Data: []byte("-- +goose Up\nALTER TABLE a ADD COLUMN z;")}
	for name, tt := range map[string]struct {
		before, after fstest.MapFS
		columns       string
	}{
		"new, by migrations": {nil, fstest.MapFS{"001_a.sql": &first, "002_y.sql": &second}, "x y"},
		"new, by schema": {nil, fstest.MapFS{
			"001_a.sql": &first, "002_y.sql": &second, "schema.sql": {Data: []byte("CREATE TABLE a (x, y, schema);")},
		}, "x y schema"},
		"then the next": {
			fstest.MapFS{"001_a.sql": &first, "002_y.sql": &second, "schema.sql": {Data: []byte("CREATE TABLE a (x, y, schema);")}},
			fstest.MapFS{"001_a.sql": &first, "002_y.sql": &second, "003_z.sql": &third}, "x y schema z",
		},
		"old": {
			fstest.MapFS{"001_a.sql": &first},
			fstest.MapFS{"001_a.sql": &first, "002_y.sql": &second, "schema.sql": {Data: []byte("CREATE TABLE a (x, y, schema);")}}, "x y",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, Config{Path: filepath.Join(t.TempDir(), "new.db")})
			for _, set := range []fstest.MapFS{tt.before, tt.after} {
				if set == nil {
					continue
				}
				if err := db.Migrate(t.Context(), "other", set); err != nil {
					t.Fatal(err)
				}
			}
			var columns string
			if err := db.QueryRow(t.Context(), "SELECT group_concat(name, ' ') FROM pragma_table_info('a')").Scan(&columns); err != nil || columns != tt.columns {
				t.Errorf("the table has %q (%v), want %q", columns, err, tt.columns)
			}
		})
	}
}
