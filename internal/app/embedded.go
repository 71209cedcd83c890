package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	authsqlite "morag/internal/auth/sqlitestore"
	blobsqlite "morag/internal/blob/sqlitestore"
	"morag/internal/config"
	"morag/internal/document"
	documentsqlite "morag/internal/document/sqlitestore"
	"morag/internal/fleet"
	fleetsqlite "morag/internal/fleet/sqlitestore"
	indexsqlite "morag/internal/index/sqlite"
	"morag/internal/ingest"
	"morag/internal/job/filestore"
	dutysqlite "morag/internal/maintain/sqlitestore"
	"morag/internal/metrics"
	"morag/internal/seal"
	"morag/internal/sqlite"
	"morag/internal/task"
	"morag/internal/task/sqlitestore"
	"morag/internal/transfer"
)

// embedded is a [transactor] over an SQLite file.
type embedded struct{ db *sqlite.DB }

func (t embedded) Write(ctx context.Context, fn func(ctx context.Context) error) error {
	err := t.db.Write(ctx, fn)
	switch {
	case errors.Is(err, task.ErrNoSpace), errors.Is(err, task.ErrUnavailable):
		return err
	case errors.Is(err, sqlite.ErrNoSpace):
		return fmt.Errorf("%w: %w", task.ErrNoSpace, err)
	case errors.Is(err, sqlite.ErrBusy), errors.Is(err, sqlite.ErrClosed), errors.Is(err, sqlite.ErrFailed):
		return fmt.Errorf("%w: %w", task.ErrUnavailable, err)
	}
	return err
}

// openEmbedded opens what a server keeps in its data folder alone.
func (s *stores) openEmbedded(ctx context.Context, set config.Server, measure *metrics.Metrics) (err error) {
	if err := transfer.Finished(ctx, transfer.FileMark(s.dir)); err != nil {
		return &SettingError{fmt.Errorf("MORAG_DATA_DIR: %w", err)}
	}
	// A new key is made durable while the stores are opened.
	key := sync.OnceValues(func() (*seal.Key, error) { return seal.OpenKey(filepath.Join(s.dir, keyFile)) })
	go key()
	defer key()
	if err := s.openJobs(set, measure); err != nil {
		return err
	}
	db, err := s.openDatabase(ctx, set, measure, key)
	if err != nil {
		return err
	}
	if err := s.openEmbedder(ctx, set); err != nil {
		return err
	}
	return s.openIndex(ctx, set, db)
}

func (s *stores) openJobs(set config.Server, measure *metrics.Metrics) error {
	jobs, err := filestore.Open(filestore.Config{
		Dir:    set.JobsDir(),
		Policy: s.policy,
		Now:    s.now,
		Logger: s.log,
		Synced: measure.Synced,
	})
	if err != nil {
		return fmt.Errorf("open the job store %s: %w", set.JobsDir(), err)
	}
	s.cleanup.add("job store", jobs.Close)
	s.failed = append(s.failed, jobs.Failed())
	s.jobs, s.health = jobs, func(context.Context) error { return jobs.Health() }
	return nil
}

// openDatabase opens the database and the stores that are rows of it.
func (s *stores) openDatabase(ctx context.Context, set config.Server, measure *metrics.Metrics, key func() (*seal.Key, error)) (_ *sqlite.DB, err error) {
	db, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(s.dir, databaseFile), Logger: s.log, Committed: measure.Committed})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	s.cleanup.add("database", db.Close)
	s.failed = append(s.failed, db.Failed())
	s.db, s.embedded = embedded{db}, db
	if s.auth, err = authsqlite.New(ctx, db); err != nil {
		return nil, fmt.Errorf("open the keys: %w", err)
	}
	if s.references, err = blobsqlite.Open(ctx, db, s.now); err != nil {
		return nil, fmt.Errorf("open the references to files: %w", err)
	}
	documents, err := documentsqlite.Open(ctx, db, s.now)
	if err != nil {
		return nil, fmt.Errorf("open the documents: %w", err)
	}
	s.documents = &document.Referring{
		Store:      documents,
		DB:         s.db,
		References: s.references,
	}
	if s.sealer, err = key(); err != nil {
		return nil, err
	}
	tasks, err := sqlitestore.New(ctx, db, s.now, s.sealer)
	if err != nil {
		return nil, fmt.Errorf("open the task store: %w", err)
	}
	s.tasks = &ingest.Referring{
		Store:      tasks,
		DB:         s.db,
		References: s.references,
		Retention:  set.Retention.Duration(),
	}
	if s.duties, err = dutysqlite.New(ctx, db, s.now); err != nil {
		return nil, fmt.Errorf("open the duties: %w", err)
	}
	if s.fleet, err = fleetsqlite.New(ctx, db, fleet.Limits{}, s.now); err != nil {
		return nil, fmt.Errorf("open the worker store: %w", err)
	}
	if err := takeDrained(ctx, filepath.Join(s.dir, "drained.json"), s.fleet); err != nil {
		return nil, fmt.Errorf("take over the drained workers: %w", err)
	}
	return db, nil
}

func (s *stores) openIndex(ctx context.Context, set config.Server, db *sqlite.DB) error {
	model := s.embedder.Model()
	found, err := indexsqlite.Open(ctx, indexsqlite.Config{
		DB:        db,
		Folder:    filepath.Join(s.dir, "index"),
		Model:     model.Name,
		Dimension: model.Dimension,
		Now:       s.now,
		Logger:    s.log,
	})
	if err != nil {
		return fmt.Errorf("open the index: %w", err)
	}
	s.cleanup.add("index", found.Close)
	s.useIndex(ctx, set, found)
	return nil
}
