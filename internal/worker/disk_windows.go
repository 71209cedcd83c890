package worker

import (
	"os"

	"golang.org/x/sys/windows"
)

// freeSpace is what this user may still write below dir.
func freeSpace(dir string) (int64, error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(path, &free, nil, nil); err != nil {
		return 0, err
	}
	return int64(min(free, 1<<62)), nil
}

// syncDir has nothing to do: NTFS journals names itself.
func syncDir(*os.Root, string) error { return nil }
