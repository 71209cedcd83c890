package proc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"morag/internal/proc"
)

// The program under test is this test binary: with modeVar set it plays the engine.
const (
	modeVar     = "PROC_TEST_MODE"
	versionFlag = "-print-engine-version"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(modeVar); mode != "" {
		os.Exit(play(mode, os.Args[1:]))
	}
	if len(os.Args) == 2 && os.Args[1] == versionFlag {
		os.Exit(play("version", nil))
	}
	goleak.VerifyTestMain(m)
}

func play(mode string, args []string) int {
	switch mode {
	case "print":
		fmt.Println("one\r\ntwo")
		fmt.Fprintln(os.Stderr, "a warning")
		fmt.Print("three")
	case "environment":
		fmt.Println(strings.Join(os.Environ(), "\n"))
	case "folder":
		dir, _ := os.Getwd()
		fmt.Print(dir)
	case "copy":
		_, _ = io.Copy(os.Stdout, os.Stdin)
	case "fail":
		fmt.Fprintln(os.Stderr, strings.Repeat("x", 1<<20))
		fmt.Fprintln(os.Stderr, "the last words")
		return 3
	case "flood":
		for {
			if _, err := os.Stdout.Write(bytes.Repeat([]byte("flood\n"), 1000)); err != nil {
				return 1
			}
		}
	case "long line":
		fmt.Println(strings.Repeat("y", 3<<20))
	case "version":
		fmt.Fprintln(os.Stderr, "engine version 4.2.1-5+deb12, built 2024")
		return 1
	case "hang":
		call(args[0])
		fmt.Println("called")
		select {}
	case "fork and hang":
		fork(args[0])
		call(args[0])
		select {}
	case "fork and end":
		fork(args[0])
		fmt.Print("done")
	case "allocate":
		return allocate(1 << 30)
	case "run":
		_, err := proc.Run(context.Background(), hang(args[0]))
		fmt.Fprintln(os.Stderr, err)
	}
	return 0
}

// call holds a connection open for as long as the process lives, which is how a
// test sees its end.
func call(address string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		panic(err)
	}
	go func() {
		_, _ = conn.Read(make([]byte, 1))
		panic("the test hung up")
	}()
}

// fork leaves a child that has called and that holds a pipe to the test.
func fork(address string) {
	child := exec.Command(os.Args[0], address)
	child.Env = append(os.Environ(), modeVar+"=hang")
	child.Stderr = os.Stderr
	called, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err == nil {
		_, err = called.Read(make([]byte, 1))
	}
	if err != nil {
		panic(err)
	}
}

func allocate(size int) int {
	b := make([]byte, size)
	for i := 0; i < len(b); i += 4096 {
		b[i] = 1
	}
	fmt.Print("allocated")
	return 0
}

func self(mode string, args ...string) proc.Cmd {
	return proc.Cmd{Name: os.Args[0], Args: args, Env: []string{modeVar + "=" + mode}, Timeout: time.Minute}
}

func hang(address string) proc.Cmd { return self("hang", address) }

// switchboard is where the processes of a test call.
type switchboard struct {
	net.Listener
	calls chan net.Conn
}

func newSwitchboard(t *testing.T) *switchboard {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &switchboard{Listener: listener, calls: make(chan net.Conn, 8)}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.calls <- conn
		}
	}()
	return s
}

// gone fails the test unless the process behind the connection ends.
func gone(t *testing.T, conn net.Conn) {
	t.Helper()
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a process survived: %v", err)
	}
}

func TestRunCapturesOutput(t *testing.T) {
	t.Parallel()
	result, err := proc.Run(t.Context(), self("print"))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(result.Stdout); got != "one\r\ntwo\nthree" {
		t.Errorf("stdout %q", got)
	}
	if result.Stderr != "a warning\n" {
		t.Errorf("stderr %q", result.Stderr)
	}
}

func TestRunStreamsLines(t *testing.T) {
	t.Parallel()
	cmd := self("print")
	var lines []string
	cmd.Line = func(line []byte) { lines = append(lines, string(line)) }
	result, err := proc.Run(t.Context(), cmd)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(lines, "|"); got != "one|two|three" || len(result.Stdout) != 0 {
		t.Errorf("lines %q, stdout %q", got, result.Stdout)
	}
}

func TestRunStreamsComplaints(t *testing.T) {
	t.Parallel()
	var lines []string
	cmd := self("fail")
	cmd.ErrLine = func(line []byte) { lines = append(lines, string(line)) }
	result, err := proc.Run(t.Context(), cmd)
	if err == nil || len(lines) < 2 || lines[len(lines)-1] != "the last words" || !strings.HasSuffix(result.Stderr, "the last words\n") {
		t.Errorf("%d lines, %d bytes, %v", len(lines), len(result.Stderr), err)
	}
}

func TestRunCutsLongLines(t *testing.T) {
	t.Parallel()
	cmd := self("long line")
	total := 0
	cmd.Line = func(line []byte) {
		total += len(line)
		if len(line) > 1<<20 {
			t.Errorf("line of %d bytes", len(line))
		}
	}
	if _, err := proc.Run(t.Context(), cmd); err != nil {
		t.Fatal(err)
	}
	if total != 3<<20 {
		t.Errorf("%d bytes in all", total)
	}
}

func TestRunPassesAMinimalEnvironment(t *testing.T) {
	t.Setenv("MORAG_API_KEY", "secret")
	cmd := self("environment")
	cmd.Env = append(cmd.Env, "EXTRA=yes", "LANG=xx")
	result, err := proc.Run(t.Context(), cmd)
	if err != nil {
		t.Fatal(err)
	}
	got := string(result.Stdout)
	if strings.Contains(got, "secret") {
		t.Error("the environment leaks")
	}
	for _, want := range []string{"PATH=" + os.Getenv("PATH"), "EXTRA=yes", "LANG=xx"} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("no %s in %q", want, got)
		}
	}
}

func TestRunInAFolderWithInput(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cmd := self("folder")
	cmd.Dir = dir
	if result, err := proc.Run(t.Context(), cmd); err != nil || string(result.Stdout) != dir {
		t.Errorf("%q, %v", result.Stdout, err)
	}
	cmd = self("copy")
	cmd.Stdin = strings.NewReader("to and fro")
	if result, err := proc.Run(t.Context(), cmd); err != nil || string(result.Stdout) != "to and fro" {
		t.Errorf("%q, %v", result.Stdout, err)
	}
}

func TestRunReportsTheExit(t *testing.T) {
	t.Parallel()
	_, err := proc.Run(t.Context(), self("fail"))
	var failure *proc.Error
	if !errors.As(err, &failure) {
		t.Fatalf("error %T", err)
	}
	if failure.ExitCode != 3 || len(failure.Stderr) > 8<<10 {
		t.Errorf("exit code %d, %d bytes of stderr", failure.ExitCode, len(failure.Stderr))
	}
	if !strings.HasSuffix(err.Error(), "the last words") {
		t.Errorf("message %q", err)
	}
}

func TestRunWithoutAProgram(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"no-such-engine-here", filepath.Join(t.TempDir(), "none")} {
		if _, err := proc.Run(t.Context(), proc.Cmd{Name: name}); !errors.Is(err, proc.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := proc.Find(name); !errors.Is(err, proc.ErrNotFound) {
			t.Errorf("find %s: %v", name, err)
		}
		if _, err := proc.Version(t.Context(), name); !errors.Is(err, proc.ErrNotFound) {
			t.Errorf("version of %s: %v", name, err)
		}
	}
}

func TestRunCapsOutput(t *testing.T) {
	t.Parallel()
	cmd := self("flood")
	cmd.MaxStdout = 10_001
	result, err := proc.Run(t.Context(), cmd)
	if !errors.Is(err, proc.ErrOutput) || len(result.Stdout) != 10_001 {
		t.Errorf("%d bytes, %v", len(result.Stdout), err)
	}
	total := 0
	cmd.Line = func(line []byte) { total += len(line) + 1 }
	if _, err := proc.Run(t.Context(), cmd); !errors.Is(err, proc.ErrOutput) || total > 10_002 {
		t.Errorf("%d bytes in lines, %v", total, err)
	}
}

func TestRunKillsTheGroup(t *testing.T) {
	t.Parallel()
	t.Run("when its time is over", func(t *testing.T) {
		t.Parallel()
		board := newSwitchboard(t)
		cmd := self("fork and hang", board.Addr().String())
		cmd.Timeout = 2 * time.Second
		_, err := proc.Run(t.Context(), cmd)
		if !errors.Is(err, proc.ErrTimeout) {
			t.Errorf("error %v", err)
		}
		for range len(board.calls) {
			gone(t, <-board.calls)
		}
	})
	t.Run("when the context ends", func(t *testing.T) {
		t.Parallel()
		board := newSwitchboard(t)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := proc.Run(ctx, self("fork and hang", board.Addr().String()))
			ended <- err
		}()
		parent, child := <-board.calls, <-board.calls
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		gone(t, parent)
		gone(t, child)
	})
	t.Run("when the program leaves a child", func(t *testing.T) {
		t.Parallel()
		board := newSwitchboard(t)
		result, err := proc.Run(t.Context(), self("fork and end", board.Addr().String()))
		if err != nil || string(result.Stdout) != "done" {
			t.Errorf("%q, %v", result.Stdout, err)
		}
		gone(t, <-board.calls)
	})
}

func TestRunWithAnEndedContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := proc.Run(ctx, self("print")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	version, err := proc.Version(t.Context(), os.Args[0], versionFlag)
	if err != nil || version != "4.2.1-5+deb12" {
		t.Errorf("version %q, %v", version, err)
	}
}
