//go:build unix

package space

import "golang.org/x/sys/unix"

// Of tells how many bytes of a folder's disk are free for this user, and how many it has.
func Of(dir string) (free, all int64, err error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return 0, 0, err
	}
	return int64(disk.Bavail) * int64(disk.Bsize), int64(disk.Blocks) * int64(disk.Bsize), nil
}
