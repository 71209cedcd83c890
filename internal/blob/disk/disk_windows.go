package disk

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// noSpace tells whether the disk, or the user's share of it, is full.
func noSpace(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) ||
		errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}

// syncFolder does nothing: Windows cannot sync a folder, and NTFS keeps a journal of
// its names.
func syncFolder(*os.File) error { return nil }
