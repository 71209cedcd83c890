package app

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"

	"golang.org/x/net/netutil"
)

// reservedFiles are left of the files that the process may open to what serves the
// connections, stores and engines; where it may open few, a quarter.
const reservedFiles = 1024

// listen listens for at most so many connections at a time; more wait until one ends.
// Some of the files that the process may open are not for connections: else who holds
// many, for which it takes no key, would keep stores and engines from theirs.
func listen(addr string, connections int) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("another program listens on %s already", addr)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("this user may not listen on %s", addr)
	case err != nil:
		return nil, err
	}
	files := openFiles()
	return netutil.LimitListener(l, max(1, min(connections, files-min(reservedFiles, files/4)))), nil
}
