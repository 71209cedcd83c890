package program

import (
	"os"
	"syscall"
)

func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// terminate kills: a console program without a console cannot be asked.
func terminate(p *os.Process) error { return p.Kill() }
