//go:build unix

package disk

import (
	"errors"
	"os"
	"syscall"
)

// noSpace tells whether the disk, or the user's share of it, is full.
func noSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func syncFolder(f *os.File) error { return f.Sync() }
