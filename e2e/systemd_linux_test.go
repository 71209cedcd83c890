package e2e

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A unit of the type notify starts what waits for the server when the server says so, and
// with WatchdogSec starts a server anew that is silent.
func TestTheServiceManagerIsTold(t *testing.T) {
	folder, err := os.MkdirTemp("", "") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	socket := filepath.Join(folder, "notify")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { manager.Close() })
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("WATCHDOG_USEC", "100000")
	told := func() string {
		t.Helper()
		if err := manager.SetReadDeadline(time.Now().Add(startTime)); err != nil {
			t.Fatal(err)
		}
		said := make([]byte, 256)
		n, err := manager.Read(said)
		if err != nil {
			t.Fatal(err)
		}
		return string(said[:n])
	}

	s := serve(t)
	if got := told(); got != "READY=1" {
		t.Errorf("a server that listens told %q first", got)
	}
	for range 3 {
		if got := told(); got != "WATCHDOG=1" {
			t.Errorf("a server that answers told %q", got)
		}
	}
	if err := s.child.Stop(endGrace); err != nil {
		t.Error(err)
	}
	for {
		switch got := told(); got {
		case "WATCHDOG=1":
		case "STOPPING=1":
			return
		default:
			t.Fatalf("a server that stops told %q", got)
		}
	}
}
