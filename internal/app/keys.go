package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"morag/internal/auth"
	authpostgres "morag/internal/auth/pgstore"
	authsqlite "morag/internal/auth/sqlitestore"
	"morag/internal/postgres"
	"morag/internal/sqlite"
)

// databaseFile is the name of the database in the data folder.
const databaseFile = "morag.db"

// OpenKeys opens the keys of a data folder, which a server may have open at the same
// time. A folder that holds nothing is an error unless it is to be made. done lets go of
// the keys.
func OpenKeys(ctx context.Context, dataDir string, make bool) (keys auth.Store, done func() error, err error) {
	path := filepath.Join(dataDir, databaseFile)
	if _, err := os.Stat(path); err != nil && !make {
		return nil, nil, fmt.Errorf("MORAG_DATA_DIR: no server has kept anything in %s: --data-dir names the folder of one, --new makes it", dataDir)
	}
	db, err := sqlite.Open(ctx, sqlite.Config{Path: path})
	if err != nil {
		return nil, nil, fmt.Errorf("MORAG_DATA_DIR: %w", err)
	}
	store, err := authsqlite.New(ctx, db)
	if err != nil {
		_ = db.Close() // the first error says more
		return nil, nil, fmt.Errorf("open the keys of %s: %w", dataDir, err)
	}
	return store, db.Close, nil
}

// OpenSharedKeys opens the keys of servers that share a database. done lets go of them.
func OpenSharedKeys(ctx context.Context, databaseURL string) (keys auth.Store, done func() error, err error) {
	db, err := postgres.Open(ctx, postgres.Config{URL: databaseURL, MaxConns: 1, Quiet: true})
	if err != nil {
		return nil, nil, fmt.Errorf("MORAG_DATABASE_URL: %w", err)
	}
	store, err := authpostgres.New(ctx, db)
	if err != nil {
		_ = db.Close() // the first error says more
		return nil, nil, fmt.Errorf("open the keys of the database: %w", err)
	}
	return store, db.Close, nil
}

// disown takes from the workers the jobs of keys that may not work any more.
func (s *Server) disown(ctx context.Context) {
	if !s.keys.On() {
		return
	}
	if err := s.dispatch.Disown(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("take back the jobs of revoked keys", "err", err)
	}
}
