package program_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"morag/internal/program"
)

// role makes this test program play a child.
const role = "PROGRAM_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "":
		goleak.VerifyTestMain(m)
	case "obedient":
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		fmt.Println("settings:", os.Getenv("MORAG_ADDR"), os.Getenv("MORAG_GIVEN"))
		<-ctx.Done()
	case "stubborn":
		// Not ignored but not listened to: a program that can hear nothing more would be
		// ended by the runtime as deadlocked.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM)
		fmt.Println("up")
		select {}
	case "broken":
		fmt.Println("no space left")
		os.Exit(3)
	case "server":
		serve(os.Args[3]) // serve --addr-file FILE
	}
}

func serve(addrFile string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	if err := os.WriteFile(addrFile, []byte(listener.Addr().String()+"\n"), 0o600); err != nil {
		panic(err)
	}
	panic(http.Serve(listener, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
}

func config(t *testing.T, as string) program.Config {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return program.Config{Path: self, Dir: dir, Env: []string{role + "=" + as, "MORAG_GIVEN=yes"}, Log: filepath.Join(dir, "log")}
}

func start(t *testing.T, as string) *program.Child {
	t.Helper()
	child, err := program.Start(config(t, as))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(child.Kill)
	return child
}

// printed waits until the child has said something.
func printed(t *testing.T, child *program.Child) string {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for child.LogTail(1000) == "" {
		select {
		case <-tick.C:
		case <-child.Done():
			return child.LogTail(1000)
		case <-t.Context().Done():
			t.Fatal("the child says nothing")
		}
	}
	return child.LogTail(1000)
}

func TestStopAsks(t *testing.T) {
	t.Setenv("MORAG_ADDR", "of-another-server")
	child := start(t, "obedient")
	if got := printed(t, child); got != "settings:  yes" {
		t.Errorf("the child sees %q", got)
	}
	if err := child.Stop(time.Minute); err != nil {
		t.Errorf("Stop: %v", err)
	}
	if err := child.Stop(time.Minute); err != nil {
		t.Errorf("Stop again: %v", err)
	}
	child.Kill()
}

func TestStopKillsInTheEnd(t *testing.T) {
	t.Parallel()
	child := start(t, "stubborn")
	printed(t, child)
	if err := child.Stop(50 * time.Millisecond); err == nil || !strings.Contains(err.Error(), "was killed") {
		t.Errorf("Stop: %v", err)
	}
	<-child.Done()
}

func TestStartServer(t *testing.T) {
	t.Parallel()
	c := config(t, "server")
	child, address, err := program.StartServer(t.Context(), c, filepath.Join(c.Dir, "addr"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(child.Kill)
	if !strings.HasPrefix(address, "http://127.0.0.1:") {
		t.Errorf("address %q", address)
	}
}

func TestStartServerShowsWhyItDidNot(t *testing.T) {
	t.Parallel()
	c := config(t, "broken")
	_, _, err := program.StartServer(t.Context(), c, filepath.Join(c.Dir, "addr"))
	if err == nil || !strings.Contains(err.Error(), "no space left") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("error %v", err)
	}
}

func TestStartServerEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c := config(t, "stubborn") // never ready
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, _, err := program.StartServer(ctx, c, filepath.Join(c.Dir, "addr")); err == nil {
		t.Error("a server that is never ready started")
	}
}

func TestStartTellsOfAMissingProgram(t *testing.T) {
	t.Parallel()
	c := config(t, "")
	c.Path = filepath.Join(c.Dir, "nothing")
	if _, err := program.Start(c); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("error %v", err)
	}
}
