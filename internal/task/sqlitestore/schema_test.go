package sqlitestore

import (
	"io/fs"
	"testing"

	"morag/internal/sqlite/sqlitetest"
)

func TestSchemaIsWhatTheMigrationsMake(t *testing.T) {
	t.Parallel()
	set, err := fs.Sub(migrations, "migration")
	if err != nil {
		t.Fatal(err)
	}
	sqlitetest.SameSchema(t, "task", set)
}
