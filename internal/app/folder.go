package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
	"github.com/google/uuid"

	"morag/internal/backup"
)

// keyFile is the name of the file in the data folder whose key seals the secrets of tasks.
const keyFile = "seal.key"

// lockFolder makes the data folder and holds it: two servers on one folder would undo
// each other's work. It returns the folder's name, a random one that the lock's file
// holds. Whoever used it before is dead, for the lock is ours.
func (s *stores) lockFolder() (name string, err error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return "", fmt.Errorf("MORAG_DATA_DIR: %w", err)
	}
	path := filepath.Join(s.dir, ".lock")
	lock := flock.New(path, flock.SetPermissions(0o600))
	held, err := lock.TryLock()
	if err != nil {
		return "", fmt.Errorf("MORAG_DATA_DIR: lock %s: %w", s.dir, err)
	}
	if !held {
		return "", fmt.Errorf("MORAG_DATA_DIR: %s is in use by another server", s.dir)
	}
	s.cleanup.add("data folder", lock.Close)
	if _, err := os.Stat(filepath.Join(s.dir, backup.UnfinishedName)); err == nil {
		return "", fmt.Errorf("MORAG_DATA_DIR: a backup was restored into %s and not to its end: empty the folder and restore it again", s.dir)
	}
	return s.nameOf(path), nil
}

// nameOf is the name that the file holds. A file that has none gets one; where it cannot
// be written, the name lasts as long as this process, and the leases of its runs tell
// that they are over.
func (s *stores) nameOf(path string) string {
	raw, _ := os.ReadFile(path) // what cannot be read is no name
	if id, err := uuid.Parse(strings.TrimSpace(string(raw))); err == nil {
		return id.String()
	}
	name := uuid.NewString()
	if err := os.WriteFile(path, []byte(name+"\n"), 0o600); err != nil {
		s.log.Warn("the data folder's name is not kept", "err", err)
	}
	return name
}
