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

// Group is the processes of one program and of what it starts, as far as they do not leave
// it: a process group, whose number is the program's.
type Group struct{ leader *exec.Cmd }

// NewGroup prepares c, which is not started yet, to lead a group. It sets c.SysProcAttr.
func NewGroup(c *exec.Cmd) (*Group, error) {
	c.SysProcAttr = groupLeader()
	return &Group{leader: c}, nil
}

// Started is called as soon as the program was started. maxMemory is [Cmd.MaxMemory].
func (g *Group) Started(maxMemory int64) error {
	if maxMemory <= 0 {
		return nil
	}
	return limitMemory(g.leader.Process.Pid, maxMemory)
}

// Kill ends every process of the group; call it only after a successful start.
//
// It is also called just after the leader was reaped. Its number can then only be
// taken by a stranger if every other number was used up in between, because while
// a member lives the kernel does not give the group's number away.
func (g *Group) Kill() error {
	err := syscall.Kill(-g.leader.Process.Pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// Close lets go of the group.
func (g *Group) Close() {}
