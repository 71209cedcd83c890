package arch

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTablesCanBeCopied: morag migrate copies tables and columns that both databases have by
// the same name. What only one of them has is named in internal/transfer/table.go, which says
// what becomes of it.
func TestTablesCanBeCopied(t *testing.T) {
	t.Parallel()
	said, err := os.ReadFile("../transfer/table.go")
	if err != nil {
		t.Fatal(err)
	}
	lite, post := migrated(t, "sqlite"), migrated(t, "pgstore", "postgres")
	if len(lite) < 10 || len(post) < 10 {
		t.Fatalf("%d tables of SQLite and %d of PostgreSQL were found", len(lite), len(post))
	}
	left := regexp.MustCompile(`(?m)^\t\{"(\w+)", "`).FindAllStringSubmatch(string(said), -1)
	isLeft := func(table string) bool {
		return slices.ContainsFunc(left, func(m []string) bool { return strings.HasPrefix(table, m[1]) })
	}
	for _, side := range []struct {
		name          string
		tables, other map[string][]string
	}{{"SQLite", lite, post}, {"PostgreSQL", post, lite}} {
		for _, table := range slices.Sorted(maps.Keys(side.tables)) {
			if isLeft(table) {
				continue
			}
			there, both := side.other[table]
			if !both {
				t.Errorf("the table %s is in %s only: name it in internal/transfer/table.go", table, side.name)
			}
			for _, column := range side.tables[table] {
				if both && !slices.Contains(there, column) && !strings.Contains(string(said), `"`+column+`"`) {
					t.Errorf("the column %s of %s is in %s only: name it in internal/transfer/table.go", column, table, side.name)
				}
			}
		}
	}
}

var (
	sqlComment = regexp.MustCompile(`--[^\n]*`)
	sqlTable   = regexp.MustCompile(`(?s)CREATE TABLE (?:IF NOT EXISTS )?(\w+) \(\n(.*?)\n\)|ALTER TABLE (\w+) (ADD|DROP) COLUMN (\w+)|ALTER TABLE (\w+) RENAME TO (\w+)|DROP TABLE (\w+)`)
	sqlColumn  = regexp.MustCompile(`(?m)^\s+([a-z]\w*) `)
)

// migrated are the tables that the migrations in folders of that name make, with their
// columns.
func migrated(t *testing.T, folders ...string) map[string][]string {
	t.Helper()
	tables := map[string][]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || d.Name() != "migration" {
			return err
		}
		of := filepath.Base(filepath.Dir(path))
		if !slices.ContainsFunc(folders, func(f string) bool { return strings.HasPrefix(of, f) }) {
			return nil
		}
		files, err := filepath.Glob(filepath.Join(path, "[0-9]*.sql"))
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			up, _, _ := strings.Cut(string(text), "-- +goose Down")
			migrate(tables, sqlComment.ReplaceAllString(up, ""))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

// migrate does to tables what a migration does.
func migrate(tables map[string][]string, text string) {
	for _, m := range sqlTable.FindAllStringSubmatch(text, -1) {
		switch {
		case m[1] != "" && tables[m[1]] != nil: // two sets make it IF NOT EXISTS
		case m[1] != "":
			tables[m[1]] = nil
			for _, column := range sqlColumn.FindAllStringSubmatch(m[2], -1) {
				tables[m[1]] = append(tables[m[1]], column[1])
			}
		case m[4] == "ADD":
			tables[m[3]] = append(tables[m[3]], m[5])
		case m[4] == "DROP":
			tables[m[3]] = slices.DeleteFunc(tables[m[3]], func(c string) bool { return c == m[5] })
		case m[6] != "":
			tables[m[7]] = tables[m[6]]
			delete(tables, m[6])
		default:
			delete(tables, m[8])
		}
	}
}
