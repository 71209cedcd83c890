//go:build !windows

package filestore

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// flush writes back what other work has left, so that nobody's sync pays for it.
func flush() { unix.Sync() }

// processorTime is what this process has used so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
