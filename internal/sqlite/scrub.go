package sqlite

import (
	"context"
	"database/sql"
	"errors"
)

// Scrub writes the file anew, so that nothing of rows that were changed or removed stays
// in it, or beside it. It takes as long as copying the file does. What keeps it from that,
// a full disk or another process that reads, is logged: the file is what it was.
func (db *DB) Scrub(ctx context.Context) {
	pool, err := sql.Open("sqlite", dsn(db.path, writing))
	if err == nil {
		pool.SetMaxOpenConns(1)
		_, vacuum := pool.ExecContext(ctx, "VACUUM")
		_, checkpoint := pool.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
		err = errors.Join(vacuum, checkpoint, pool.Close())
	}
	if err != nil {
		db.cfg.Logger.Warn("the database was not written anew: what was removed may still lie in its file", "err", err)
	}
}
