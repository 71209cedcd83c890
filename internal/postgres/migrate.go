package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
)

//go:embed migration/*.sql
var migrations embed.FS

// own are the migrations of the tables of this package.
func own() fs.FS {
	set, err := fs.Sub(migrations, "migration")
	if err != nil {
		panic(err) // the path is valid
	}
	return set
}

var (
	validSet  = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
	validFile = regexp.MustCompile(`^([0-9]{3})_[a-z0-9_]+\.sql$`)
)

// migration is one step of a set.
type migration struct {
	version int
	text    string
}

// Migrate brings the tables of one migration set up to date by the files NNN_name.sql at
// the root of fsys, which are plain SQL, in their order and in one transaction. Sets do not
// depend on each other's order. Of servers that start at the same time one migrates, and
// the others wait for it. There is no way back, and a database that a newer program has
// migrated is refused.
func (db *DB) Migrate(ctx context.Context, set string, fsys fs.FS) error {
	if err := db.migrate(ctx, set, fsys); err != nil {
		return fmt.Errorf("migrate %s: %w", set, err)
	}
	return nil
}

func (db *DB) migrate(ctx context.Context, set string, fsys fs.FS) error {
	if !validSet.MatchString(set) {
		return errors.New("not a name of a migration set")
	}
	steps, err := stepsOf(fsys)
	if err != nil {
		return err
	}
	known := steps[len(steps)-1].version
	present, err := db.version(ctx, set)
	if err != nil || present == known {
		return err
	}
	for try := 1; ; try++ {
		err := db.step(ctx, set, steps)
		if try == tries || !again(err) {
			return err
		}
	}
}

// step makes the steps that the database does not have yet.
func (db *DB) step(ctx context.Context, set string, steps []migration) error {
	// Servers of one schema go one after the other. The lock ends with the transaction.
	t, err := db.begin(ctx, beginning(db.cfg.Timeout)+`;
		SELECT pg_advisory_xact_lock(hashtextextended('morag migrates ' || current_schema(), 0));
		CREATE TABLE IF NOT EXISTS postgres_version (name text PRIMARY KEY, version int NOT NULL)`)
	if err != nil {
		return err
	}
	defer t.conn.Release()
	defer t.over.Store(true)
	err = t.call(ctx, func(ctx context.Context) error {
		present, err := db.version(ctx, set)
		if err != nil {
			return err
		}
		known := steps[len(steps)-1].version
		if present > known {
			return fmt.Errorf("the database has version %d, this program knows %d: use a newer program", present, known)
		}
		for _, s := range steps {
			if s.version <= present {
				continue
			}
			if _, err := t.exec(ctx, s.text); err != nil {
				return fmt.Errorf("version %d: %w", s.version, err)
			}
		}
		_, err = t.exec(ctx, `INSERT INTO postgres_version (name, version) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET version = excluded.version`, set, known)
		if err == nil && present < known {
			t.hooks = append(t.hooks, func() {
				db.cfg.Logger.Info("migrated", "set", set, "from", present, "to", known)
			})
		}
		return err
	})
	if err != nil {
		t.rollback(ctx)
		return err
	}
	if err := t.commit(ctx); err != nil {
		return err
	}
	for _, hook := range t.hooks {
		hook()
	}
	return nil
}

// version is the set's in the database, 0 for none.
func (db *DB) version(ctx context.Context, set string) (version int, err error) {
	err = db.QueryRow(ctx, "SELECT version FROM postgres_version WHERE name = $1", set).Scan(&version)
	if errors.Is(err, ErrNoRows) || codeOf(err) == "42P01" && db.tx(ctx) == nil { // undefined_table
		return 0, nil
	}
	return version, err
}

// stepsOf are the files of a set, in their order.
func stepsOf(fsys fs.FS) ([]migration, error) {
	files, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	var steps []migration
	for _, f := range files {
		name := validFile.FindStringSubmatch(f.Name())
		if name == nil {
			return nil, fmt.Errorf("%s is not named as a migration is", f.Name())
		}
		text, err := fs.ReadFile(fsys, f.Name())
		if err != nil {
			return nil, err
		}
		version, err := strconv.Atoi(name[1])
		if err != nil || version != len(steps)+1 {
			return nil, fmt.Errorf("%s does not follow version %d", f.Name(), len(steps))
		}
		steps = append(steps, migration{version, string(text)})
	}
	if len(steps) == 0 {
		return nil, errors.New("a set without migrations")
	}
	return steps, nil
}
