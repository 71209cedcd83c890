package mirror

import (
	"io/fs"
	"syscall"
)

// system is what the system knows of a file besides its size and time: when it was last
// changed in any way, and which file system it is on.
func system(info fs.FileInfo) (changed int64, device uint64) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0
	}
	return s.Ctim.Nano(), uint64(s.Dev)
}
