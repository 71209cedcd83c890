// Package backup makes one file of all that a server keeps in its data folder, while it goes
// on, and a data folder of such a file. The file is a tar archive: what it is, the key that
// seals secrets, the database as it was at one moment, the records of jobs, the files, and
// last the SHA-256 of each, as sha256sum reads them.
package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"
)

// What this package can return.
var (
	// ErrUnderWay: there is a backup, and only one at a time.
	ErrUnderWay = errors.New("there is a backup already")
	// ErrNotFound: there is no backup of this id, or it is over.
	ErrNotFound = errors.New("no such backup")
	// ErrNotReady: the backup is still being made, or that failed.
	ErrNotReady = errors.New("the backup is not ready")
	// ErrUnable: what the server keeps is not in its data folder.
	ErrUnable = errors.New("this server keeps its data in PostgreSQL: back that up by its own tools, as docs/scaling.md tells")
	// ErrClosed: the server stops.
	ErrClosed = errors.New("the server stops")

	// ErrNoBackup: what is to be restored is no backup that this program knows.
	ErrNoBackup = errors.New("this is no backup of morag")
	// ErrDamaged: a backup is not whole, or not what was written.
	ErrDamaged = errors.New("the backup is damaged")
	// ErrNotEmpty: a backup is restored into an empty folder alone.
	ErrNotEmpty = errors.New("the folder is not empty")
)

// Idle is how long a backup that is ready stays without being read.
const Idle = 15 * time.Minute

// The states of a backup.
const (
	Preparing = "preparing"
	Ready     = "ready"
	Failed    = "failed"
)

// Status tells how a backup is.
type Status struct {
	ID        string
	State     string
	CreatedAt time.Time
	Size      int64 // 0 until it is ready
	Jobs      int
	Files     int
	Failure   string // why it could not be made
}

// Metrics is told what becomes of backups; nil for nobody.
type Metrics interface {
	// BackedUp counts a backup that was made, or could not be.
	BackedUp(ok bool)
}

// Service makes backups of a server that runs, one at a time. What it has made it keeps until
// it is told that it may go, or nobody has read it for [Idle]. It is safe for concurrent use.
type Service struct {
	source  Source
	dir     string
	log     *slog.Logger
	metrics Metrics

	mu     sync.Mutex
	now    *made // nil for none
	closed bool
}

// made is a backup of a service.
type made struct {
	Status
	cancel  context.CancelFunc
	done    chan struct{} // closed when it is no longer being made
	archive *Archive      // once it is ready
	readers int
	idle    *time.Timer
}

// New makes a service that keeps what it makes below dir, where it removes what was left.
func New(source Source, dir string, log *slog.Logger, metrics Metrics) (*Service, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("remove what is left of a backup: %w", err)
	}
	return &Service{source: source, dir: dir, log: log, metrics: metrics}, nil
}

// Start begins a backup, which has what was there before the call. [ErrUnderWay], [ErrClosed].
func (s *Service) Start() (Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return Status{}, ErrClosed
	}
	if s.now != nil && s.now.State != Failed {
		return Status{}, fmt.Errorf("%w: %s, of %s; it can be fetched or deleted, and goes by itself when nobody has read it for %d minutes",
			ErrUnderWay, s.now.ID, s.now.CreatedAt.Format(time.RFC3339), int(Idle.Minutes()))
	}
	ctx, cancel := context.WithCancel(context.Background())
	b := &made{Status: Status{ID: NewID(), State: Preparing, CreatedAt: s.source.Now().UTC()}, cancel: cancel, done: make(chan struct{})}
	s.now = b
	s.log.Info("backup begun", "backup_id", b.ID)
	go s.make(ctx, b)
	return b.Status, nil
}

// make makes the archive.
func (s *Service) make(ctx context.Context, b *made) {
	defer close(b.done)
	a, err := s.source.Make(ctx, s.dir, b.ID)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.now != b: // it was given up
		if a != nil {
			s.remove(a)
		}
		return
	case err != nil:
		b.State, b.Failure = Failed, "it could not be made: the server's log has the cause"
		s.log.Error("backup failed", "backup_id", b.ID, "err", err)
	default:
		b.State, b.archive, b.Size, b.Jobs, b.Files = Ready, a, a.Size(), a.Jobs, a.Files
		b.idle = time.AfterFunc(Idle, func() { s.expire(b) })
		s.log.Info("backup ready", "backup_id", b.ID, "bytes", b.Size, "jobs", b.Jobs, "files", b.Files)
	}
	if s.metrics != nil {
		s.metrics.BackedUp(err == nil)
	}
}

func (s *Service) remove(a *Archive) {
	if err := a.Close(); err != nil {
		s.log.Error("remove a backup", "backup_id", a.ID, "err", err)
	}
}

// find is the backup of an id.
func (s *Service) find(id string) (*made, error) {
	if s.now == nil || s.now.ID != id {
		return nil, ErrNotFound
	}
	return s.now, nil
}

// Status tells how a backup is. [ErrNotFound].
func (s *Service) Status(id string) (Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.find(id)
	if err != nil {
		return Status{}, err
	}
	return b.Status, nil
}

// Open reads a backup that is ready. It stays as long as somebody reads it. [ErrNotFound],
// [ErrNotReady].
func (s *Service) Open(ctx context.Context, id string) (io.ReadSeekCloser, Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.find(id)
	if err != nil {
		return nil, Status{}, err
	}
	if b.State != Ready {
		return nil, Status{}, ErrNotReady
	}
	b.readers++
	b.idle.Stop()
	return &reading{b.archive.reader(ctx), s, b}, b.Status, nil
}

// reading is one reader of a backup.
type reading struct {
	*reader
	service *Service
	of      *made
}

// Close implements [io.Closer].
func (r *reading) Close() error {
	err := r.reader.Close()
	r.service.left(r.of)
	return err
}

// left is told that a reader has gone.
func (s *Service) left(b *made) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.readers--; b.readers > 0 {
		return
	}
	if s.now != b {
		s.remove(b.archive) // it was deleted meanwhile
		return
	}
	b.idle.Reset(Idle)
}

// expire removes a backup that nobody reads.
func (s *Service) expire(b *made) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == b && b.readers == 0 {
		s.log.Info("backup expired", "backup_id", b.ID)
		s.drop()
	}
}

// Delete removes a backup, or ends the making of it. Who reads it may read on. [ErrNotFound].
func (s *Service) Delete(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.find(id)
	if err != nil {
		return err
	}
	s.log.Info("backup removed", "backup_id", b.ID)
	s.drop()
	return nil
}

// drop forgets the backup, and removes it unless somebody reads it.
func (s *Service) drop() {
	b := s.now
	s.now = nil
	b.cancel()
	if b.idle != nil {
		b.idle.Stop()
	}
	if b.archive != nil && b.readers == 0 {
		s.remove(b.archive)
	}
}

// Close removes the backup and waits until nothing is made any more.
func (s *Service) Close() error {
	s.mu.Lock()
	s.closed = true
	b := s.now
	if b != nil {
		s.drop()
	}
	s.mu.Unlock()
	if b != nil {
		<-b.done
	}
	return nil
}
