//go:build unix

package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// openOwned opens a settings file that nobody has named. It refuses one that somebody else
// may have put there or may change.
func openOwned(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0) // a pipe does not make it wait
	if err != nil {
		return nil, err
	}
	if why := distrust(f); why != "" {
		f.Close()
		return nil, fmt.Errorf("./%s is not read because %s; name it by --config to have it read all the same", path, why)
	}
	return f, nil
}

// distrust says why a file may be somebody else's word, "" when it is the user's own.
func distrust(f *os.File) string {
	var stat unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &stat); err != nil {
		return "its owner is not known: " + err.Error()
	}
	switch {
	case stat.Mode&unix.S_IFMT != unix.S_IFREG:
		return "it is no regular file"
	case stat.Uid != 0 && int(stat.Uid) != os.Geteuid():
		return fmt.Sprintf("it belongs to another user (%d)", stat.Uid)
	case stat.Mode&0o022 != 0:
		return fmt.Sprintf("others may write it (its mode is %03o)", stat.Mode&0o777)
	}
	return ""
}
