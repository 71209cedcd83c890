//go:build unix

package jail

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// endedBy tells whether a process was ended by the signal.
func endedBy(state *os.ProcessState, signal string) bool {
	if state == nil {
		return false
	}
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == unix.SignalNum(signal)
}
