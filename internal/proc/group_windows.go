package proc

import (
	"fmt"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// inherited are the variables an engine gets from this process; without
// SystemRoot few programs start.
var inherited = []string{"PATH", "PATHEXT", "SystemRoot", "ComSpec", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP", "TMP"}

// Group is the processes of one program and of what it starts: a job object. It dies with its last handle, which is ours: when this
// process is killed the system ends the engines too.
type Group struct {
	leader *exec.Cmd
	job    windows.Handle
}

// NewGroup prepares c, which is not started yet, to lead a group. It sets c.SysProcAttr.
func NewGroup(c *exec.Cmd) (*Group, error) {
	c.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP, HideWindow: true}
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return nil, fmt.Errorf("create job object: %w", err)
	}
	return &Group{leader: c, job: job}, nil
}

// Started is called as soon as the program was started. maxMemory is [Cmd.MaxMemory].
func (g *Group) Started(maxMemory int64) error {
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}
	info.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	if maxMemory > 0 {
		info.BasicLimitInformation.LimitFlags |= windows.JOB_OBJECT_LIMIT_JOB_MEMORY
		info.JobMemoryLimit = uintptr(maxMemory)
	}
	_, err := windows.SetInformationJobObject(g.job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if err != nil {
		return fmt.Errorf("limit job object: %w", err)
	}
	process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(g.leader.Process.Pid))
	if err != nil {
		return fmt.Errorf("open process: %w", err)
	}
	defer windows.CloseHandle(process)
	if err := windows.AssignProcessToJobObject(g.job, process); err != nil {
		return fmt.Errorf("assign to job object: %w", err)
	}
	return nil
}

// Kill ends every process of the group; call it only after a successful start. The
// program itself is named too: it may not have joined the job yet.
func (g *Group) Kill() error {
	err := windows.TerminateJobObject(g.job, 1)
	_ = g.leader.Process.Kill()
	return err
}

// Close lets go of the group.
func (g *Group) Close() { _ = windows.CloseHandle(g.job) }
