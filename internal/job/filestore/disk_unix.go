//go:build !windows

package filestore

import (
	"errors"
	"os"
	"syscall"
)

// syncFolder makes the names in a folder durable. On macOS, Go's Sync is
// F_FULLFSYNC, which reaches the platter too.
func syncFolder(f *os.File) error { return f.Sync() }

// isFull tells whether err says that there is no room for more.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
