//go:build unix

package proc

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// inherited are the variables an engine gets from this process.
var inherited = []string{"PATH", "HOME", "TMPDIR"}

// group is a process group: the program leads it, so its number is the program's.
type group struct{ leader *exec.Cmd }

func newGroup(c *exec.Cmd) (*group, error) {
	c.SysProcAttr = groupLeader()
	return &group{leader: c}, nil
}

func (g *group) started(maxMemory int64) error {
	if maxMemory <= 0 {
		return nil
	}
	return limitMemory(g.leader.Process.Pid, maxMemory)
}

// kill ends every process of the group; call it only after a successful start.
//
// It is also called just after the leader was reaped. Its number can then only be
// taken by a stranger if every other number was used up in between, because while
// a member lives the kernel does not give the group's number away.
func (g *group) kill() error {
	err := syscall.Kill(-g.leader.Process.Pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

func (g *group) close() {}
