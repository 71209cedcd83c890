//go:build unix

package disk

import "syscall"

func diskFull() []error { return []error{syscall.ENOSPC, syscall.EDQUOT} }
