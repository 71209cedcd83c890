//go:build unix

package app

import (
	"math"

	"golang.org/x/sys/unix"
)

// openFiles is how many files and connections the process may have open.
func openFiles() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 1024 // what systems without a word about it commonly have
	}
	return int(min(uint64(limit.Cur), math.MaxInt32))
}
