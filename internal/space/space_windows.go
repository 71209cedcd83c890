package space

import "golang.org/x/sys/windows"

// Of tells how many bytes of a folder's disk are free for this user, and how many it has.
func Of(dir string) (free, all int64, err error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, err
	}
	var mine, whole, left uint64
	if err := windows.GetDiskFreeSpaceEx(path, &mine, &whole, &left); err != nil {
		return 0, 0, err
	}
	return int64(mine), int64(whole), nil
}
