package disk

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// incoming is the folder of files that are not whole yet. Each store has a folder there,
// and beside it a file of the same name and this ending, which it holds locked as long as
// it is open. No folder of blobs has that name.
const (
	incoming = "incoming"
	lockFile = ".lock"
)

// claim makes the folder of this store.
func (s *Store) claim() error {
	for {
		raw := make([]byte, 16)
		rand.Read(raw)
		s.writing = path.Join(incoming, hex.EncodeToString(raw))
		s.lock = flock.New(s.path(s.writing+lockFile), flock.SetPermissions(0o600))
		held, err := s.lock.TryLock()
		if err != nil {
			return fmt.Errorf("lock %s: %w", s.writing, err)
		}
		// Another store that opens just now may have taken it for one that was left, and
		// have removed it.
		if _, err := s.root.Stat(s.writing + lockFile); held && err == nil {
			return s.root.Mkdir(s.writing, 0o700)
		}
		_ = s.lock.Close()
	}
}

// release removes the folder of this store.
func (s *Store) release() error {
	return errors.Join(s.root.RemoveAll(s.writing), s.lock.Close(), s.root.RemoveAll(s.writing+lockFile))
}

// clear removes what stores have left that nobody holds: their processes are dead.
func (s *Store) clear() error {
	if err := s.root.Mkdir(incoming, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	entries, err := fs.ReadDir(s.root.FS(), incoming)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := s.clearOne(strings.TrimSuffix(e.Name(), lockFile)); err != nil {
			return err
		}
	}
	return nil
}

// clearOne removes what is left under a name, unless a living store holds it.
func (s *Store) clearOne(name string) error {
	name = path.Join(incoming, name)
	lock := flock.New(s.path(name+lockFile), flock.SetFlag(os.O_RDWR))
	held, err := lock.TryLock()
	switch {
	case errors.Is(err, fs.ErrNotExist): // nobody's, or gone meanwhile
	case err != nil:
		return fmt.Errorf("lock %s: %w", name, err)
	case !held:
		return nil
	}
	return errors.Join(s.root.RemoveAll(name), lock.Close(), s.root.RemoveAll(name+lockFile))
}

// path is the path of a name in the folder.
func (s *Store) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }
