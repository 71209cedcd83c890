// Package filestore keeps jobs in a folder: one JSON file per job, in one folder per
// status. It is a [job.Store] for one process, which holds the folder's lock.
//
// What was acknowledged is on stable storage, whatever happens to the process or the
// machine. The rules, in the order in which the files show them:
//
//   - The record decides over its place: if a job has several files, the highest
//     revision is true (recover.go).
//   - A change of status writes the new file at its final name, syncs file and
//     folder, and only then removes the old one. A change within a status replaces
//     the file by a rename (write.go). Folder syncs are shared (folder.go).
//   - A write that fails is undone and changes nothing. A sync that fails is not
//     tried again, because the kernel may have dropped the data: the store refuses
//     everything until it is opened anew.
//   - Memory holds a header per job (header.go) in maps and heaps (index.go), so that
//     a claim costs the same at any backlog; the rest of the record is read when it is
//     needed, the result only when it is asked for (record.go).
//   - A job is changed by one call at a time (hold.go); no lock is held over all
//     jobs while files are read or written.
package filestore

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"morag/internal/job"
)

// ErrLocked is returned by [Open] while another store has the folder open, in this
// process or another.
var ErrLocked = errors.New("job folder is in use by another process")

// Config is how to open a store. Dir is required.
type Config struct {
	Dir    string // made if missing
	Policy job.Policy
	Now    func() time.Time // time.Now if nil; see [job.Clock]
	// Logger is told what was quarantined or could not be cleaned up; nil for silence.
	Logger *slog.Logger
	// Synced, if not nil, is told how long each sync of a file or folder took. It is
	// called from many goroutines.
	Synced func(time.Duration)
}

// Store is a [job.Store] in a folder. Make it with [Open].
type Store struct {
	disk    disk
	policy  job.Policy
	clock   *job.Clock
	log     *slog.Logger
	folders []*folder // by the place in job.Statuses
	release func() error

	hints  job.Hints
	trail  job.Trail
	wake   chan struct{} // has one element when tend should look again
	done   chan struct{} // closed by Close
	tended chan struct{} // closed when tend has ended
	failed chan struct{} // closed with the first failure

	calls   sync.WaitGroup // those that have entered
	closing sync.Once

	quarantineMu sync.Mutex // held while a file is moved to the corrupt folder

	mu      sync.Mutex
	index   *index                   // guarded by mu, as all below
	busy    map[string]chan struct{} // jobs that are being changed; closed after that
	failure error
	closed  bool
}

var _ job.Store = (*Store)(nil)

// Open opens the store in c.Dir and makes it as it was: for every job its newest
// record counts; other copies and files that hold no record are moved to the folder
// corrupt and logged. It returns [ErrLocked] if the folder is in use.
func Open(c Config) (*Store, error) {
	if c.Dir == "" {
		return nil, errors.New("open job store: no folder is named")
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open job store: %w", err)
	}
	lock := flock.New(filepath.Join(c.Dir, ".lock"), flock.SetPermissions(0o600))
	if ok, err := lock.TryLock(); err != nil {
		return nil, fmt.Errorf("lock job folder %s: %w", c.Dir, err)
	} else if !ok {
		return nil, fmt.Errorf("open job store %s: %w", c.Dir, ErrLocked)
	}
	d, err := openDisk(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("open job store: %w", errors.Join(err, lock.Unlock()))
	}
	release := func() error { return errors.Join(d.Close(), lock.Unlock()) }
	var used disk = d
	if c.Synced != nil {
		now := c.Now
		if now == nil {
			now = time.Now
		}
		used = measured{d, now, c.Synced}
	}
	s, err := open(c, used, release)
	if err != nil {
		return nil, fmt.Errorf("open job store %s: %w", c.Dir, errors.Join(err, release()))
	}
	return s, nil
}

// open opens the store on a disk that has its folders.
func open(c Config, d disk, release func() error) (*Store, error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	policy := c.Policy.WithDefaults()
	s := &Store{
		disk: d, policy: policy, log: c.Logger, release: release,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
		tended: make(chan struct{}), failed: make(chan struct{}),
		index: newIndex(policy), busy: map[string]chan struct{}{},
	}
	for _, status := range statuses {
		s.folders = append(s.folders, newFolder(string(status), d))
	}
	if err := s.recover(c.Now); err != nil {
		return nil, err
	}
	go s.tend()
	return s, nil
}

// Close waits for the calls under way, ends what reads Wake and gives the folder's lock back.
func (s *Store) Close() error {
	var err error
	s.closing.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.calls.Wait()
		close(s.done)
		<-s.tended
		s.hints.Close()
		err = s.release()
	})
	return err
}

// Failed is closed when the disk has failed in a way that cannot be undone. From then
// on every call returns [job.ErrUnavailable]; the process should stop, and what counts
// is found when the store is opened again. [Store.Health] tells the cause.
func (s *Store) Failed() <-chan struct{} { return s.failed }

// Health is nil while the store works, else [job.ErrUnavailable] with the cause.
func (s *Store) Health() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.health()
}

func (s *Store) health() error {
	if s.failure != nil {
		return s.failure
	}
	if s.closed {
		return fmt.Errorf("%w: it is closed", job.ErrUnavailable)
	}
	return nil
}

// fail makes the store unavailable because of err, and returns what to tell the caller
// whose change it was: what of it is on the disk is not known.
func (s *Store) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure == nil {
		s.failure = fmt.Errorf("%w: %w", job.ErrUnavailable, err)
		close(s.failed)
	}
	return fmt.Errorf("%w: %w", job.ErrInDoubt, err)
}
