// Package program runs morag itself as child processes, for the demo and the
// end-to-end tests: it starts them, waits until a server answers, and stops or kills
// them.
package program

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Config says what to start.
type Config struct {
	Path string   // of the program
	Args []string // its subcommand and flags
	// Dir is the working directory.
	Dir string
	// Env adds to the environment, of which MORAG_ variables are left out: settings
	// of the caller's own server are not meant. No settings file is read but one that
	// Args or Env name.
	Env []string
	// Log is the file that both outputs are appended to.
	Log string
}

// Child is a running program. Its methods are safe for concurrent use.
type Child struct {
	process *os.Process
	log     string
	done    chan struct{}
	err     error // set before done is closed
}

// Start starts a program in a process group of its own, so that a Ctrl-C in the
// terminal reaches the caller alone, who then stops its children in order. On Linux
// the child ends when the caller does.
func Start(c Config) (*Child, error) {
	log, err := os.OpenFile(c.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Path, err)
	}
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Dir, cmd.Env = c.Dir, append(environment(), c.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attributes()
	child := &Child{log: c.Log, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The kernel takes the thread that started a child for its parent: the thread
		// must not end before the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer log.Close()
		err := cmd.Start()
		child.process = cmd.Process
		started <- err
		if err != nil {
			return
		}
		child.err = cmd.Wait()
		close(child.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Path, err)
	}
	return child, nil
}

func environment() []string {
	env := []string{"MORAG_CONFIG=" + os.DevNull}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "MORAG_") {
			env = append(env, pair)
		}
	}
	return env
}

// PID is the child's process id.
func (c *Child) PID() int { return c.process.Pid }

// Done is closed when the child has ended.
func (c *Child) Done() <-chan struct{} { return c.done }

// Err is how the child ended: nil for exit status 0. It waits for the end.
func (c *Child) Err() error {
	<-c.done
	return c.err
}

// Stop asks the child to end and waits; after grace it kills. The error is the
// child's bad exit, or that it had to be killed. Windows cannot ask: there it kills
// at once. A child that has ended is no error.
func (c *Child) Stop(grace time.Duration) error {
	select {
	case <-c.done:
		return nil
	default:
	}
	if err := terminate(c.process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop process %d: %w", c.PID(), err)
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-c.done:
		return c.err
	case <-timer.C:
		c.Kill()
		return fmt.Errorf("process %d did not end in %s and was killed", c.PID(), grace)
	}
}

// Kill ends the child at once (SIGKILL) and waits until it is gone. It may be called
// again.
func (c *Child) Kill() {
	_ = c.process.Kill() // it may have ended
	<-c.done
}

// LogTail is the end of what the child printed, at most n bytes.
func (c *Child) LogTail(n int64) string {
	f, err := os.Open(c.log)
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	tail := make([]byte, min(n, info.Size()))
	if _, err := f.ReadAt(tail, info.Size()-int64(len(tail))); err != nil {
		return ""
	}
	return strings.TrimSpace(string(tail))
}
