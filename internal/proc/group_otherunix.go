//go:build unix && !linux

package proc

import "syscall"

func groupLeader() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// limitMemory does nothing: only Linux can cap another process.
func limitMemory(int, int64) error { return nil }
