package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	authsqlite "morag/internal/auth/sqlitestore"
	"morag/internal/blob"
	"morag/internal/blob/disk"
	blobsqlite "morag/internal/blob/sqlitestore"
	"morag/internal/config"
	"morag/internal/document"
	documentsqlite "morag/internal/document/sqlitestore"
	"morag/internal/embed"
	"morag/internal/fleet"
	fleetsqlite "morag/internal/fleet/sqlitestore"
	indexsqlite "morag/internal/index/sqlite"
	"morag/internal/ingest"
	"morag/internal/job"
	"morag/internal/job/filestore"
	dutysqlite "morag/internal/maintain/sqlitestore"
	"morag/internal/metrics"
	"morag/internal/seal"
	"morag/internal/sqlite"
	"morag/internal/task"
	"morag/internal/task/sqlitestore"
	"morag/internal/tus"
)

// stores are what a server keeps everything in: the services over them hold nothing that
// decides.
type stores struct {
	dir        string // the data folder
	name       string // of the folder
	log        *slog.Logger
	now        func() time.Time
	policy     job.Policy
	jobs       *filestore.Store
	db         *sqlite.DB
	sealer     *seal.Key
	auth       *authsqlite.Store
	tasks      *ingest.Referring
	duties     *dutysqlite.Store
	fleet      *fleetsqlite.Store
	index      *indexsqlite.Index
	documents  *document.Referring
	embedder   embed.Embedder
	blobs      *blob.Tracked
	references *blobsqlite.Store
	resumable  *tus.Folder
	failed     []<-chan struct{} // closed when a store cannot go on
	cleanup    cleanup
}

// openStores opens and recovers what is kept in the data folder. On an error nothing
// stays open.
func openStores(ctx context.Context, set config.Server, measure *metrics.Metrics, log *slog.Logger) (_ *stores, err error) {
	dir, err := filepath.Abs(set.DataDir)
	if err != nil {
		return nil, fmt.Errorf("MORAG_DATA_DIR: %w", err)
	}
	s := &stores{dir: dir, log: log, now: time.Now, policy: jobPolicy(set)}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.name, err = s.lockFolder(); err != nil {
		return nil, err
	}
	// A new key is made durable while the stores are opened.
	key := sync.OnceValues(func() (*seal.Key, error) { return seal.OpenKey(filepath.Join(dir, keyFile)) })
	go key()
	defer key()
	if err := s.openJobs(set, measure); err != nil {
		return nil, err
	}
	if err := s.openDatabase(ctx, set, key); err != nil {
		return nil, err
	}
	if err := s.openIndex(ctx, set); err != nil {
		return nil, err
	}
	return s, s.openBlobs(ctx)
}

// transactor runs transactions of the database for services, which know the sentinels
// of ports.
type transactor struct{ db *sqlite.DB }

func (t transactor) Write(ctx context.Context, fn func(ctx context.Context) error) error {
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

// close lets go of everything; a second time it does nothing.
func (s *stores) close() { s.cleanup.run(s.log) }

// jobPolicy is what the settings say of the lifecycle of jobs.
func jobPolicy(set config.Server) job.Policy {
	return job.Policy{
		BackoffBase:    set.RetryBackoff.Duration(),
		ConfirmTimeout: set.ClaimConfirmTimeout.Duration(),
		Timeouts:       set.Timeouts(),
	}
}

func (s *stores) openJobs(set config.Server, measure *metrics.Metrics) (err error) {
	s.jobs, err = filestore.Open(filestore.Config{
		Dir:    set.JobsDir(),
		Policy: s.policy,
		Now:    s.now,
		Logger: s.log,
		Synced: measure.Synced,
	})
	if err != nil {
		return fmt.Errorf("open the job store %s: %w", set.JobsDir(), err)
	}
	s.cleanup.add("job store", s.jobs.Close)
	s.failed = append(s.failed, s.jobs.Failed())
	return nil
}

// openDatabase opens the database and the stores that are rows of it.
func (s *stores) openDatabase(ctx context.Context, set config.Server, key func() (*seal.Key, error)) (err error) {
	s.db, err = sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(s.dir, databaseFile), Logger: s.log})
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	s.cleanup.add("database", s.db.Close)
	s.failed = append(s.failed, s.db.Failed())
	if s.auth, err = authsqlite.New(ctx, s.db); err != nil {
		return fmt.Errorf("open the keys: %w", err)
	}
	if s.references, err = blobsqlite.Open(ctx, s.db, s.now); err != nil {
		return fmt.Errorf("open the references to files: %w", err)
	}
	documents, err := documentsqlite.Open(ctx, s.db, s.now)
	if err != nil {
		return fmt.Errorf("open the documents: %w", err)
	}
	s.documents = &document.Referring{
		Store:      documents,
		DB:         transactor{s.db},
		References: s.references,
	}
	if s.sealer, err = key(); err != nil {
		return err
	}
	tasks, err := sqlitestore.New(ctx, s.db, s.now, s.sealer)
	if err != nil {
		return fmt.Errorf("open the task store: %w", err)
	}
	s.tasks = &ingest.Referring{
		Store:      tasks,
		DB:         transactor{s.db},
		References: s.references,
		Retention:  set.Retention.Duration(),
	}
	if s.duties, err = dutysqlite.New(ctx, s.db, s.now); err != nil {
		return fmt.Errorf("open the duties: %w", err)
	}
	if s.fleet, err = fleetsqlite.New(ctx, s.db, fleet.Limits{}, s.now); err != nil {
		return fmt.Errorf("open the worker store: %w", err)
	}
	if err := takeDrained(ctx, filepath.Join(s.dir, "drained.json"), s.fleet); err != nil {
		return fmt.Errorf("take over the drained workers: %w", err)
	}
	return nil
}

func (s *stores) openIndex(ctx context.Context, set config.Server) (err error) {
	if s.embedder, err = newEmbedder(ctx, set.Embedding, set.DataDir); err != nil {
		return err
	}
	s.cleanup.add("embedder", func() error { return closeEmbedder(s.embedder) })
	model := s.embedder.Model()
	s.index, err = indexsqlite.Open(ctx, indexsqlite.Config{
		DB:        s.db,
		Folder:    filepath.Join(s.dir, "index"),
		Model:     model.Name,
		Dimension: model.Dimension,
		Now:       s.now,
		Logger:    s.log,
	})
	if err != nil {
		return fmt.Errorf("open the index: %w", err)
	}
	s.cleanup.add("index", s.index.Close)
	return nil
}

// uploads is the folder of the blobs.
func (s *stores) uploads() string { return filepath.Join(s.dir, "uploads") }

func (s *stores) openBlobs(ctx context.Context) error {
	if err := s.checkUploads(ctx); err != nil {
		return err
	}
	bucket, err := disk.Open(s.uploads())
	if err != nil {
		return fmt.Errorf("open the upload folder: %w", err)
	}
	s.cleanup.add("uploads", bucket.Close)
	if s.resumable, err = tus.Open(filepath.Join(s.dir, "resumable"), s.now); err != nil {
		return err
	}
	s.blobs = blob.Track(bucket, s.references, s.now, s.log)
	if err := s.tasks.Adopt(ctx, s.documents, s.now()); err != nil {
		return fmt.Errorf("refer to the files that are there: %w", err)
	}
	return nil
}

// checkUploads refuses a folder without any file although there are some: a disk that is not
// mounted. Opened, it would look as if all of them were lost.
func (s *stores) checkUploads(ctx context.Context) error {
	empty, err := disk.Empty(s.uploads())
	if err != nil || !empty {
		return err
	}
	if used, err := s.references.Any(ctx); err != nil || !used {
		return err
	}
	return fmt.Errorf("MORAG_DATA_DIR: %s is empty, but documents or tasks have files there: is its disk mounted? "+
		"To go on without the files, make a folder incoming in it", s.uploads())
}
