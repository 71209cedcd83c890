package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"morag/internal/blob/s3/s3test"
	"morag/internal/speech"
)

// What all tests share, read-only once TestMain has begun.
var (
	binary string // the program
	shared string // a folder that goes when all tests have ended
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	for _, pair := range os.Environ() { // settings of this machine's own server
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "MORAG_") {
			os.Unsetenv(name)
		}
	}
	var err error
	if shared, err = os.MkdirTemp("", "morag-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(shared)
	binary = filepath.Join(shared, "morag.exe") // the name matters to Windows alone
	build := exec.Command("go", "build", "-o", binary, "../cmd/morag")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the program:", err)
		return 1
	}
	return judged(s3test.Main(m.Run))
}

// spoken is the demo's text, and recorded a recording of it as mp3, made once.
var spoken = sync.OnceValues(func() (string, error) {
	text, err := os.ReadFile("../internal/demo/asset/library.txt")
	return string(text), err
})

var recorded = sync.OnceValues(func() (string, error) {
	text, err := spoken()
	if err != nil {
		return "", err
	}
	path := filepath.Join(shared, "library.mp3")
	return path, speech.Speak(context.Background(), text, path)
})

// must takes what a shared thing returns.
func must[T any](t testing.TB) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// pace is how often a test looks whether something has come true.
const pace = 10 * time.Millisecond

// eventually waits until something holds, at most for d.
func eventually(t testing.TB, d time.Duration, what string, holds func() bool) {
	t.Helper()
	tick, late := time.NewTicker(pace), time.After(d)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("not within %s: %s", d, what)
		}
	}
}
