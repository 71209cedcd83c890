package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
)

// Snapshot writes the database as it is at one moment of the call to a new file, which has
// nothing of what was removed. Changes go on meanwhile. The file is private and takes no more
// room than the database does; it is not synced. On an error there is none. [ErrNoSpace].
func (db *DB) Snapshot(ctx context.Context, path string) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) // SQLite takes an empty one, with its mode
	if err != nil {
		return fmt.Errorf("snapshot of the database: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(path) // the error above says what went wrong
		}
	}()
	if err := f.Close(); err != nil {
		return fmt.Errorf("snapshot of the database: %w", err)
	}
	pool, err := sql.Open("sqlite", dsn(db.path, migrating))
	if err != nil {
		return fmt.Errorf("snapshot of the database: %w", err)
	}
	_, err = pool.ExecContext(ctx, "VACUUM INTO ?", path)
	if err = errors.Join(classify(err), pool.Close()); err != nil {
		return fmt.Errorf("snapshot of the database: %w", err)
	}
	return nil
}
