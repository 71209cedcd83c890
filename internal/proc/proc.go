// Package proc runs one external program: by argument list and never through a
// shell, in a process group of its own that is killed as a whole, with a
// deadline, and with caps on what it may print. It is what keeps an engine that
// hangs, floods or forks from taking this process with it.
package proc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"time"
)

const (
	// defaultMaxStdout suits listings and probes; whoever expects a book says so.
	defaultMaxStdout = 16 << 20
	// stderrTail is enough for the last words of every engine we know.
	stderrTail = 8 << 10
	// pipeGrace is how long a descendant may keep the pipes open after the
	// program itself has ended, before the group is killed.
	pipeGrace = time.Second
)

// Cmd is one run of a program. Only Name is required.
type Cmd struct {
	// Name is the program: a path, or a name that is looked up in PATH.
	Name string
	Args []string
	// Dir is the working directory, "" for this process's own.
	Dir string
	// Env adds to the minimal environment, as "KEY=value"; the last one wins.
	Env []string
	// Stdin is what the program reads; nil is an empty input.
	Stdin io.Reader
	// Line, if not nil, gets standard output line by line, without line ends,
	// instead of [Result.Stdout]. It is called from one goroutine and must not
	// keep the slice. A line longer than 1 MiB comes in pieces.
	Line func(line []byte)
	// ErrLine, if not nil, gets standard error in the same way, besides
	// [Result.Stderr]. However much that is, it is not kept.
	ErrLine func(line []byte)
	// Timeout ends the run; 0 leaves that to ctx.
	Timeout time.Duration
	// MaxStdout is the most bytes of standard output, 16 MiB when 0; one more
	// ends the run with [ErrOutput].
	MaxStdout int64
	// MaxMemory caps the address space of each process in bytes (on Linux) or the
	// memory of the whole group (on Windows); 0 and other systems: no cap.
	MaxMemory int64
}

// Result is what a program printed.
type Result struct {
	Stdout []byte
	// Stderr is the last 8 KiB of standard error.
	Stderr string
}

// Run runs cmd to its end. When it returns, the program and every descendant that
// stayed in its process group are gone, whatever the outcome. What was printed is
// in the result even when there is an error.
//
// Every error is an [*Error]. It wraps ctx's error when ctx ended the run,
// [ErrTimeout] or [ErrOutput] when a limit of cmd did, [ErrNotFound] when there is
// no such program, and otherwise tells the exit code. Run is safe for concurrent use.
func Run(ctx context.Context, cmd Cmd) (Result, error) {
	runCtx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if cmd.Timeout > 0 {
		var cancel context.CancelFunc
		runCtx, cancel = context.WithTimeoutCause(runCtx, cmd.Timeout, ErrTimeout)
		defer cancel()
	}

	limit := cmd.MaxStdout
	if limit <= 0 {
		limit = defaultMaxStdout
	}
	stdout := &output{left: limit, line: cmd.Line, overflow: func() { stop(ErrOutput) }}
	stderr := &Tail{Max: stderrTail}
	complaints := &output{left: math.MaxInt64, line: cmd.ErrLine}

	c := exec.CommandContext(runCtx, cmd.Name, cmd.Args...)
	c.Dir = cmd.Dir
	c.Env = append(Environment(), cmd.Env...)
	c.Stdin = cmd.Stdin
	c.Stdout, c.Stderr = stdout, stderr
	if cmd.ErrLine != nil {
		c.Stderr = io.MultiWriter(stderr, complaints)
	}
	c.WaitDelay = pipeGrace

	err := runGroup(c, cmd.MaxMemory)
	stdout.finish()
	complaints.finish()
	result := Result{Stdout: stdout.captured.Bytes(), Stderr: stderr.String()}
	if err == nil {
		return result, nil
	}
	return result, &Error{
		Name:     cmd.Name,
		ExitCode: exitCode(c),
		Stderr:   result.Stderr,
		Err:      reason(ctx, runCtx, err),
	}
}

// runGroup starts c in a group of its own and waits; the group is dead afterwards.
func runGroup(c *exec.Cmd, maxMemory int64) error {
	// On Linux the program is to die with its parent, and the kernel takes the
	// thread that started it for the parent: it must not end before the program.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	g, err := NewGroup(c)
	if err != nil {
		return err
	}
	defer g.Close()
	c.Cancel = g.Kill
	if err := c.Start(); err != nil {
		return err
	}
	if err := g.Started(maxMemory); err != nil {
		_ = g.Kill()
		_ = c.Wait()
		return err
	}
	err = c.Wait()
	_ = g.Kill()
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil // the program succeeded; only a descendant held its pipes
	}
	return err
}

// reason picks why a run failed: what ended it, rather than the exit that followed.
func reason(ctx, runCtx context.Context, err error) error {
	switch cause := context.Cause(runCtx); {
	case ctx.Err() != nil:
		return ctx.Err()
	case cause != nil:
		return cause
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	default:
		return err
	}
}

func exitCode(c *exec.Cmd) int {
	if c.ProcessState == nil {
		return -1
	}
	return c.ProcessState.ExitCode()
}

// Environment is what every engine needs to start and nothing that is secret.
func Environment() []string {
	env := []string{"LANG=C.UTF-8"}
	for _, key := range inherited {
		if value, ok := os.LookupEnv(key); ok {
			env = append(env, key+"="+value)
		}
	}
	return env
}
