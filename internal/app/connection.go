package app

import (
	"net"

	"golang.org/x/net/netutil"
)

// listen listens for at most so many connections at a time; more wait until one ends. It
// leaves half of the files that the process may open to what serves them: else who holds
// many connections, for which it takes no key, would keep stores and engines from theirs.
func listen(addr string, connections int) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return netutil.LimitListener(l, max(1, min(connections, openFiles()/2))), nil
}
