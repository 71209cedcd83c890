package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// demoTime is how long the demo may take on a busy machine.
const demoTime = 5 * time.Minute

func TestDemoShowsTheWholePath(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), demoTime)
	defer cancel()
	cmd, temp := demo(ctx, t, "--exit")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"beside the library", "converted by demo-worker", "converted by the server", "1. library, part", "1. bicycle, part"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is missing from\n%s", want, out)
		}
	}
	isEmpty(t, temp)
}

func TestDemoEndsCleanlyOnInterrupt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), demoTime)
	defer cancel()
	cmd, temp := demo(ctx, t)
	log := filepath.Join(t.TempDir(), "log")
	out, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	printed := func() string { return string(must[[]byte](t)(os.ReadFile(log))) }
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	eventually(t, demoTime, "the demo leaves its server running", func() bool {
		return strings.Contains(printed(), "left running at") || len(ended) > 0
	})
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatalf("%v\n%s", err, printed())
	}
	if err := <-ended; err != nil {
		t.Errorf("exit: %v\n%s", err, printed())
	}
	isEmpty(t, temp)
}

// demo prepares a run whose temporary files are in a folder of its own.
func demo(ctx context.Context, t *testing.T, args ...string) (*exec.Cmd, string) {
	t.Helper()
	temp := t.TempDir()
	cmd := exec.CommandContext(ctx, binary, append([]string{"demo"}, args...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+temp, "TEMP="+temp)
	// A demo that is late is asked to end, so that it ends what it has started.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Minute
	return cmd, temp
}

func isEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v %v", entries, err)
	}
}
