// Package sqlite opens the database file, migrates it, and runs every change to it
// through one writer that commits many callers' changes with one fsync.
//
// The transaction travels in the context: whatever runs inside [DB.Write] with the
// context it was given belongs to that transaction, so that several stores on one
// file can change together without knowing of each other. Outside a transaction
// there is only reading, on connections of its own, which never waits for the
// writer and never sees what is not committed.
package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Config says which file is opened and how.
type Config struct {
	// Path of the database file; it is created with mode 0600 when missing, its
	// folder with 0700.
	Path string
	// Logger is told of migrations and of panics; nil for none.
	Logger *slog.Logger
	// Readers is the number of connections that read, 0 for one per processor but
	// at least four.
	Readers int
	// Queue is how many functions may wait for the writer before [DB.Write] returns
	// [ErrBusy], 0 for 4096.
	Queue int
	// Committed is told how long each commit took, its sync to disk included; nil for nobody.
	Committed func(took time.Duration)
	Now       func() time.Time // measures that: time.Now
}

// DB is an open database file. It is safe for concurrent use.
type DB struct {
	cfg      Config
	path     string // absolute
	writer   *sql.DB
	readers  *sql.DB
	migrator *sql.DB // open while one migration set follows the other

	conn connection // used by the writer only, one group at a time

	mu      sync.RWMutex // guards closed, and queue against being closed under a send
	closed  bool
	queue   chan *turn
	stopped chan struct{} // closed when the writer has ended

	commits atomic.Int64
	failure sync.Once
	failed  chan struct{} // closed by the first failed fsync
}

// Open opens the file, in WAL mode with synchronous=FULL: what is committed is on
// stable storage.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	path, err := filepath.Abs(cfg.Path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	cfg.Logger = cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))
	cfg.Readers = cmp.Or(cfg.Readers, max(4, runtime.GOMAXPROCS(0)))
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	db := &DB{
		cfg:     cfg,
		path:    path,
		queue:   make(chan *turn, cmp.Or(cfg.Queue, 4096)),
		stopped: make(chan struct{}),
		failed:  make(chan struct{}),
	}
	if err := create(path); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := db.connect(ctx); err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, errors.Join(err, db.disconnect()))
	}
	go db.serve()
	return db, nil
}

// create makes the file and its folder, so that both are private from the first
// moment; SQLite gives the file's mode to the files beside it.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func (db *DB) connect(ctx context.Context) (err error) {
	if db.writer, err = sql.Open("sqlite", dsn(db.path, writing)); err != nil {
		return err
	}
	db.writer.SetMaxOpenConns(1)
	db.conn.pool = db.writer
	var mode string
	if err := db.writer.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return classify(err)
	}
	if mode != "wal" {
		return fmt.Errorf("journal mode is %q: the file system must support WAL", mode)
	}
	if db.readers, err = sql.Open("sqlite", dsn(db.path, reading)); err != nil {
		return err
	}
	db.readers.SetMaxOpenConns(db.cfg.Readers)
	db.readers.SetMaxIdleConns(db.cfg.Readers)
	if err := db.readers.PingContext(ctx); err != nil {
		return err
	}
	if db.migrator, err = sql.Open("sqlite", dsn(db.path, migrating)); err != nil {
		return err
	}
	db.migrator.SetMaxOpenConns(1)
	db.migrator.SetConnMaxIdleTime(time.Second)
	return nil
}

func (db *DB) disconnect() error {
	var errs []error
	for _, pool := range []*sql.DB{db.migrator, db.readers} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	if db.writer != nil {
		errs = append(errs, db.conn.close(), db.writer.Close())
	}
	return errors.Join(errs...)
}

// Close runs what waits for the writer, then closes the file. What comes later gets
// [ErrClosed]. Closing again does nothing.
func (db *DB) Close() error {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		<-db.stopped
		return nil
	}
	db.closed = true
	close(db.queue)
	db.mu.Unlock()
	<-db.stopped
	return db.disconnect()
}

// Failed is closed when an fsync has failed. What is on the disk is not known from
// then on: [DB.Write] returns [ErrFailed], and the process should end, because only
// opening the file anew recovers it.
func (db *DB) Failed() <-chan struct{} { return db.failed }

// Commits is how many transactions the writer has committed since Open, each with
// one fsync unless nothing was changed.
func (db *DB) Commits() int64 { return db.commits.Load() }
