package postgrestest

import (
	"os"
	"os/exec"
	"os/user"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// process is a server that runs as a child.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has
	out   *output
}

// output is the last that a process has said.
type output struct {
	mu   sync.Mutex
	text []byte
}

// spoken bounds what is kept of a process' output.
const spoken = 16 << 10

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text = append(o.text, p...)
	o.text = o.text[max(0, len(o.text)-spoken):]
	return len(p), nil
}

func (p *process) said() string {
	p.out.mu.Lock()
	defer p.out.mu.Unlock()
	return string(p.out.text)
}

// start runs a program without privileges. It is ended with this process: at the latest when
// the thread ends that has started it, so that one is kept for it.
func start(dir, path string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(path, args...), ended: make(chan struct{}), out: &output{}}
	unprivileged(p.cmd)
	p.cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT
	p.cmd.SysProcAttr.Setpgid = true
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	p.cmd.WaitDelay = 5 * time.Second
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer close(p.ended)
		err := p.cmd.Start()
		if started <- err; err == nil {
			_ = p.cmd.Wait()
		}
	}()
	return p, <-started
}

// end ends the process as its operator would, at once.
func (p *process) end() error {
	select {
	case <-p.ended:
		return nil
	default:
	}
	if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
		return err
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(10 * time.Second):
		return p.kill()
	}
}

// kill kills the process and its children.
func (p *process) kill() error {
	err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.ended
	return err
}

// nobody is who the servers run as when the tests run as root, which they refuse.
func nobody() (uid, gid int, err error) {
	u, err := user.Lookup("nobody")
	if err != nil {
		return 0, 0, err
	}
	if uid, err = strconv.Atoi(u.Uid); err != nil {
		return 0, 0, err
	}
	gid, err = strconv.Atoi(u.Gid)
	return uid, gid, err
}

func unprivileged(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if os.Geteuid() != 0 {
		return
	}
	if uid, gid, err := nobody(); err == nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
}

// own gives a folder to who the servers run as.
func own(dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	uid, gid, err := nobody()
	if err != nil {
		return err
	}
	return os.Chown(dir, uid, gid)
}
