package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"regexp"

	"github.com/pressly/goose/v3"
)

var validSet = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// Migrate brings the tables of one migration set up to date by the goose migrations (NNN_name.sql)
// at the root of fsys. A set has a version table of its own, so sets that share a
// file do not depend on each other's order. A file that a newer program has migrated
// is refused.
func (db *DB) Migrate(ctx context.Context, set string, fsys fs.FS) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("migrate %s: %w", set, classify(err))
		}
	}()
	if !validSet.MatchString(set) {
		return errors.New("not a name of a migration set")
	}
	pool, err := sql.Open("sqlite", dsn(db.path, writing))
	if err != nil {
		return err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	p, err := goose.NewProvider(goose.DialectSQLite3, pool, fsys,
		goose.WithTableName("goose_"+set),
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
