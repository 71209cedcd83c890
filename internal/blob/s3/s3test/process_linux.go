package s3test

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// process is the server as a child.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has
	out   *output
}

// start runs the program. It is killed with this process: at the latest when the thread ends
// that has started it, so that one is kept for it.
func start(dir, path string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(path, args...), ended: make(chan struct{}), out: &output{}}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	p.cmd.Dir = dir
	p.cmd.Env = os.Environ()
	for name, value := range Environment() {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
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

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// output is what a process has said.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
