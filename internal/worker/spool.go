package worker

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/gofrs/flock"
)

// ErrSpoolInUse: a worker of the same id already works for the same server out of
// the same folder.
var ErrSpoolInUse = errors.New("another worker with this id is running: set MORAG_WORKER_ID")

// spool is where a worker keeps what it has in hand:
//
//	<temp>/<server>/<job>-<attempt>/{job.json, source.part, result.json}
//
// <server> is the server's host and a hash of its address, and a hash of the worker's
// id, so that workers which share <temp> have a spool each. It is locked while its
// worker runs. Names that come from a server are checked first, and the folder is an
// [os.Root] all the same.
type spool struct {
	root *os.Root
	dir  string
	lock *flock.Flock
	log  *slog.Logger
}

const lockFile = "lock"

// openSpool locks the spool and takes over what dead workers of the same server left
// in theirs.
func openSpool(temp, server, worker string, log *slog.Logger) (*spool, error) {
	if err := os.MkdirAll(temp, 0o700); err != nil {
		return nil, fmt.Errorf("MORAG_TEMP_DIR: %w", err)
	}
	prefix := serverFolder(server)
	dir := filepath.Join(temp, prefix+shortHash(worker))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("MORAG_TEMP_DIR: %w", err)
	}
	lock, err := lockSpool(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		lock.Close()
		return nil, fmt.Errorf("open spool: %w", err)
	}
	s := &spool{root: root, dir: dir, lock: lock, log: log}
	s.inherit(temp, prefix)
	return s, nil
}

func lockSpool(dir string) (*flock.Flock, error) {
	lock := flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock spool: %w", err)
	}
	if !ok {
		return nil, ErrSpoolInUse
	}
	return lock, nil
}

// serverFolder begins the names of all spools of one server.
func serverFolder(server string) string {
	host := server
	if u, err := url.Parse(server); err == nil && u.Host != "" {
		host = u.Host
	}
	host = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '_'
	}, strings.ToLower(host))
	return "on-" + host[:min(len(host), 100)] + "-" + shortHash(server) + "-"
}

// inherit moves here what workers of the same server left that no longer run: one in
// a container has another name after each start, and nobody else would send their
// results or free their disk.
func (s *spool) inherit(temp, prefix string) {
	siblings, _ := os.ReadDir(temp)
	for _, sibling := range siblings {
		dir := filepath.Join(temp, sibling.Name())
		if dir == s.dir || !sibling.IsDir() || !strings.HasPrefix(sibling.Name(), prefix) {
			continue
		}
		lock, err := lockSpool(dir)
		if err != nil {
			continue // it runs
		}
		left, _ := os.ReadDir(dir)
		for _, e := range left {
			if e.IsDir() && folderName.MatchString(e.Name()) {
				if err := os.Rename(filepath.Join(dir, e.Name()), filepath.Join(s.dir, e.Name())); err != nil {
					s.log.Warn("job of another worker not taken over", "folder", e.Name(), "err", err)
				}
			}
		}
		lock.Close()
	}
}

// errSpoolAway is not [fs.ErrNotExist]: where the spool is away, an unmounted disk say, its
// results are out of reach, not gone.
var errSpoolAway = errors.New("the folder of the jobs is not there")

func (s *spool) away() bool {
	_, err := s.root.Stat(lockFile)
	return err != nil
}

func (s *spool) close() {
	s.root.Close()
	s.lock.Close()
}

// folderName is <job>-<attempt>.
var folderName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*-[0-9]{1,10}$`)

// create makes the folder of a claim and writes its job.json. What a folder of that
// name held is gone.
func (s *spool) create(c claim) (*folder, error) {
	f := &folder{spool: s, name: c.folder()}
	if err := s.root.RemoveAll(f.name); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	if err := s.root.Mkdir(f.name, 0o700); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	err := f.saveClaim(c)
	if err == nil {
		err = syncDir(s.root, ".")
	}
	if err != nil {
		s.root.RemoveAll(f.name)
		return nil, fmt.Errorf("spool: %w", err)
	}
	return f, nil
}

// kept is what a former run left of one job.
type kept struct {
	claim    claim
	folder   *folder
	finished bool // its result is there
}

// scan reads what former runs left. What it cannot read it deletes.
func (s *spool) scan() ([]kept, error) {
	entries, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("read spool: %w", err)
	}
	var all []kept
	for _, e := range entries {
		if e.Name() == lockFile {
			continue
		}
		f := &folder{spool: s, name: e.Name()}
		c, err := f.loadClaim()
		if err == nil && (!e.IsDir() || c.folder() != e.Name()) {
			err = errors.New("it belongs to another folder")
		}
		if err != nil {
			s.log.Warn("unreadable spool entry deleted", "folder", e.Name(), "err", err)
			s.root.RemoveAll(e.Name())
			continue
		}
		all = append(all, kept{claim: c, folder: f, finished: f.hasResult()})
	}
	return all, nil
}
