package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

var validSet = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// schemaFile has what the migrations beside it amount to.
const schemaFile = "schema.sql"

// Migrate brings the tables of one migration set up to date by the goose migrations (NNN_name.sql)
// at the root of fsys. A set has a version table of its own, so sets that share a
// file do not depend on each other's order. A file that a newer program has migrated
// is refused.
//
// A file that has nothing of the set yet gets all of it in one transaction, by schema.sql
// when that is beside the migrations: it spares a new file what they make and undo again.
func (db *DB) Migrate(ctx context.Context, set string, fsys fs.FS) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("migrate %s: %w", set, classify(err))
		}
	}()
	if !validSet.MatchString(set) {
		return errors.New("not a name of a migration set")
	}
	versions, err := versionsOf(fsys)
	if err != nil || db.migrated(ctx, set, versions) {
		return err
	}
	if done, err := db.create(ctx, set, fsys, versions); err != nil || done {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db.migrator, fsys,
		goose.WithTableName(versionTable(set)),
		goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	present, known, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if present > known {
		return fmt.Errorf("the database has version %d, this program knows %d: use a newer program", present, known)
	}
	done, err := p.Up(ctx)
	if len(done) > 0 {
		db.cfg.Logger.Info("migrated", "set", set, "from", present, "to", done[len(done)-1].Source.Version)
	}
	return err
}

// versionTable is where goose keeps which migrations of a set a file has.
func versionTable(set string) string { return "goose_" + set }

// versionsOf are those of a file that has all migrations, as goose notes them: 0 comes first.
func versionsOf(fsys fs.FS) ([]int64, error) {
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return nil, err
	}
	versions := []int64{0}
	for _, name := range names {
		if name == schemaFile {
			continue
		}
		version, err := goose.NumericComponent(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		versions = append(versions, version)
	}
	slices.Sort(versions)
	return versions, nil
}

// migrated tells whether the file has exactly these versions, as it has at nearly every
// start. Goose would take longer to find that out.
func (db *DB) migrated(ctx context.Context, set string, versions []int64) bool {
	rows, err := db.readers.QueryContext(ctx, "SELECT version_id FROM "+versionTable(set)+" WHERE is_applied ORDER BY version_id")
	if err != nil {
		return false // a new file has no such table
	}
	defer rows.Close()
	var present []int64
	for rows.Next() {
		var version int64
		if rows.Scan(&version) != nil {
			return false
		}
		present = append(present, version)
	}
	return rows.Err() == nil && slices.Equal(present, versions)
}

// create makes the tables of a set, unless the file has something of the set.
func (db *DB) create(ctx context.Context, set string, fsys fs.FS, versions []int64) (done bool, err error) {
	schema, err := schemaOf(fsys)
	if err != nil {
		return false, err
	}
	store, err := database.NewStore(database.DialectSQLite3, versionTable(set))
	if err != nil {
		return false, err
	}
	tx, err := db.migrator.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	var present bool
	err = tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?)", versionTable(set)).Scan(&present)
	if err != nil || present {
		return false, err
	}
	if err := store.CreateVersionTable(ctx, tx); err != nil {
		return false, err
	}
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return false, err
	}
	noted, err := json.Marshal(versions)
	if err != nil {
		return false, err
	}
	note := "INSERT INTO " + versionTable(set) + " (version_id, is_applied) SELECT value, 1 FROM json_each(?)"
	if _, err := tx.ExecContext(ctx, note, string(noted)); err != nil {
		return false, err
	}
	if err := tx.Commit(); err != nil {
		return false, err
	}
	db.cfg.Logger.Info("tables created", "set", set, "version", versions[len(versions)-1])
	return true, nil
}

// schemaOf is the SQL that makes a set: its schema, or else all its migrations one after
// the other.
func schemaOf(fsys fs.FS) (string, error) {
	schema, err := fs.ReadFile(fsys, schemaFile)
	if !errors.Is(err, fs.ErrNotExist) {
		return string(schema), err
	}
	names, err := fs.Glob(fsys, "*.sql") // in their order, for the numbers have one length
	if err != nil {
		return "", err
	}
	var all strings.Builder
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return "", err
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		all.WriteString(up + "\n")
	}
	return all.String(), nil
}
