package jail

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"morag/internal/proc"
)

// child is a process that converts, one source at a time.
type child struct {
	pool       *Pool
	class      class
	namespaces uintptr
	memory     int64         // of a job
	bound      time.Duration // of the job under way
	folder     folder

	cmd    *exec.Cmd
	group  *proc.Group
	in     *os.File
	out    *os.File
	frames *bufio.Reader
	said   *proc.Tail // on standard error
	calls  *switchboard
	cgroup *cgroup
	ready  ready
	jobs   int

	exited chan struct{}
	killed sync.Once
	closed sync.Once
}

// startTimeout is how long a process may take to become ready: what it prepares may have
// to be compiled first.
const startTimeout = 2 * time.Minute

// lastWords are how many bytes of standard error are kept: a crash prints the stacks of
// all that ran.
const lastWords = 64 << 10

// newChild starts a process and hears that it is ready.
func (p *Pool) newChild(k class, namespaces uintptr) (*child, error) {
	own, err := newFolder(p.root.dir)
	if err != nil {
		return nil, err
	}
	c := &child{
		pool: p, class: k, namespaces: namespaces, memory: p.Memory, folder: own,
		said: &proc.Tail{Max: lastWords}, exited: make(chan struct{}),
	}
	if k == free {
		c.memory = 0
	}
	if err := c.start(); err != nil {
		own.remove()
		return nil, err
	}
	err = p.know(c)
	if err == nil {
		err = c.greet()
	}
	if err != nil {
		c.kill()
		err = errors.Join(err, c.lastWord())
		p.discard(c)
		return nil, err
	}
	return c, nil
}

func (c *child) start() (err error) {
	p := c.pool
	c.cmd = exec.Command(p.Command[0], p.Command[1:]...)
	c.cmd.Dir = c.folder.tmp()
	c.cmd.Env = append(proc.Environment(), p.Env...)
	c.cmd.Env = append(c.cmd.Env, "TMPDIR="+c.folder.tmp(), "TMP="+c.folder.tmp(), "TEMP="+c.folder.tmp())
	if c.memory > 0 {
		// The heap of a child is small when a job begins: it may grow faster than ours.
		c.cmd.Env = append(c.cmd.Env, fmt.Sprintf("GOMEMLIMIT=%d", c.memory/4*3), "GOGC=400")
	}
	if c.class == free {
		for _, o := range p.Open {
			c.cmd.Env = append(c.cmd.Env, o.Env...)
		}
	}
	stdin, in, err := os.Pipe()
	if err != nil {
		return err
	}
	defer stdin.Close()
	out, stdout, err := os.Pipe()
	if err != nil {
		_ = in.Close()
		return err
	}
	defer stdout.Close()
	widen(out)
	c.in, c.out, c.frames = in, out, bufio.NewReaderSize(out, 64<<10)
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = stdin, stdout, c.said
	c.cmd.WaitDelay = time.Second
	if err := c.launch(); err != nil {
		_ = in.Close()
		_ = out.Close()
		return err
	}
	return nil
}

// launch starts the program with what the system has for it.
func (c *child) launch() (err error) {
	if c.group, err = proc.NewGroup(c.cmd); err != nil {
		return err
	}
	enter(c.cmd, c.namespaces)
	if c.pool.Dial != nil && c.class != free {
		calls, other, err := newSwitchboard(c.pool.Dial)
		if err != nil {
			return err
		}
		if c.calls = calls; calls != nil {
			defer other.Close()
			c.cmd.ExtraFiles = []*os.File{other}
			c.cmd.Env = append(c.cmd.Env, callerVar+"=3")
		}
	}
	if c.memory > 0 && !c.pool.Without.has(Cgroup) {
		c.cgroup, _ = newCgroup(c.memory) // else there is the watch
	}
	started := make(chan error)
	go c.live(started)
	if err = <-started; err == nil {
		err = c.group.Started(c.groupMemory())
	}
	if err == nil && c.cgroup.add(c.cmd.Process.Pid) != nil {
		c.cgroup.remove()
		c.cgroup = nil
	}
	if err != nil {
		c.kill()
		c.letGo()
	}
	return err
}

// live starts the process and waits for its end. On Linux the process dies with the
// thread that started it, hence the lock.
func (c *child) live(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(c.exited)
	err := c.cmd.Start()
	started <- err
	if err == nil {
		_ = c.cmd.Wait() // how it ended is in the process's state
	}
}

// greet tells the child what it is and waits until its walls are up.
func (c *child) greet() error {
	p := c.pool
	h := hello{Settings: p.Settings, Folder: c.folder.dir, Walls: walls{
		Read: append(userPaths(), p.Read...), Loopback: c.namespaces != 0, Network: c.class != sealed,
		Without: p.Without, Memory: c.memory, MaxFile: p.scratchEach(),
	}}
	if len(p.Command) > 0 {
		h.Walls.Read = append(h.Walls.Read, p.Command[0])
	}
	if c.class == free {
		h.Walls.Without = Namespaces | Files | Calls
	}
	late := time.AfterFunc(startTimeout, c.kill)
	defer late.Stop()
	if err := writeJSON(c.in, kindHello, h); err != nil {
		return err
	}
	kind, body, err := readFrame(c.frames)
	if err != nil || kind != kindReady {
		return errors.Join(errProtocol, err)
	}
	if err := unpack(kind, body, &c.ready); err != nil {
		return err
	}
	if c.ready.Loopback != "" && c.class == asking {
		return fmt.Errorf("a network of its own has no loopback: %s", c.ready.Loopback)
	}
	return nil
}

func (c *child) alive() bool {
	select {
	case <-c.exited:
		return false
	default:
		return true
	}
}

// kill ends the process and its descendants.
func (c *child) kill() {
	c.killed.Do(func() {
		if c.cmd.Process == nil || !c.alive() {
			return
		}
		descendants := family(c.cmd.Process.Pid)
		_ = c.group.Kill()
		killFamily(descendants)
	})
	select {
	case <-c.exited:
	case <-time.After(stopGrace * 5):
	}
}

// close lets go of everything that belongs to a process that is dead.
func (c *child) close() {
	c.closed.Do(func() {
		_ = c.in.Close()
		_ = c.out.Close()
		c.letGo()
		c.folder.remove()
	})
}

func (c *child) letGo() {
	c.group.Close()
	c.cgroup.remove()
	if c.calls != nil {
		c.calls.close()
	}
}

// lastWord is what tells most of the end of a process: the first line of a crash, else
// the last line that it printed.
func (c *child) lastWord() error {
	last := ""
	for line := range strings.Lines(c.said.String()) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") {
			return errors.New(line)
		}
		if line != "" {
			last = line
		}
	}
	if last == "" && c.cmd.ProcessState != nil {
		last = c.cmd.ProcessState.String()
	}
	return errors.New(last)
}

// report tells what bounds this child.
func (c *child) report() Report {
	r := Report{Files: c.ready.Files, Calls: c.ready.Calls, Memory: watched(c.cgroup)}
	switch {
	case c.calls != nil && c.namespaces != 0:
		r.Confined = true
		r.Network = "a namespace of its own: connections are made by this program alone"
	case c.namespaces != 0:
		r.Network = "a namespace of its own"
	case c.ready.Files != "" || c.ready.Calls != "":
		r.Network = "files have none; pages and videos have this machine's"
	}
	return r
}
