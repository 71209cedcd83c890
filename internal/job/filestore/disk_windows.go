package filestore

import (
	"errors"
	"os"
	"syscall"
)

// syncFolder does nothing: Windows cannot flush a folder, and NTFS journals names.
func syncFolder(*os.File) error { return nil }

// What Windows says on a full disk or quota, see winerror.h.
const (
	errHandleDiskFull    = syscall.Errno(39)
	errDiskFull          = syscall.Errno(112)
	errDiskQuotaExceeded = syscall.Errno(1295)
)

// isFull tells whether err says that there is no room for more.
func isFull(err error) bool {
	return errors.Is(err, errDiskFull) || errors.Is(err, errHandleDiskFull) || errors.Is(err, errDiskQuotaExceeded)
}
