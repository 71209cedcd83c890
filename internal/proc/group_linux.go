package proc

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// groupLeader also has the program die with this process, so that a kill -9 of the
// server or the worker leaves no engine running.
func groupLeader() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// limitMemory caps the address space. The program may have run for a moment
// without it, which is no matter: what it has is counted too.
func limitMemory(pid int, bytes int64) error {
	limit := &unix.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}
	err := unix.Prlimit(pid, unix.RLIMIT_AS, limit, nil)
	if err != nil && err != unix.ESRCH { // it may have ended already
		return fmt.Errorf("limit memory: %w", err)
	}
	return nil
}
