package proc_test

import (
	"os"
	"os/exec"
	"testing"

	"morag/internal/proc"
)

func TestRunCapsMemory(t *testing.T) {
	t.Parallel()
	cmd := self("allocate")
	if result, err := proc.Run(t.Context(), cmd); err != nil || string(result.Stdout) != "allocated" {
		t.Fatalf("without a cap: %q, %v", result.Stdout, err)
	}
	cmd.MaxMemory = 512 << 20
	if result, err := proc.Run(t.Context(), cmd); err == nil {
		t.Errorf("with a cap: %q", result.Stdout)
	}
}

// A server that is killed outright cannot tidy up: the kernel does it.
func TestEngineDiesWithItsParent(t *testing.T) {
	t.Parallel()
	board := newSwitchboard(t)
	server := exec.Command(os.Args[0], board.Addr().String())
	server.Env = append(os.Environ(), modeVar+"=run")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	engine := <-board.calls
	if err := server.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = server.Wait()
	gone(t, engine)
}
