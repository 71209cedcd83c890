package torture

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"morag/internal/program"
)

// server is a `morag serve` that is killed and started again, on one folder and one
// port.
type server struct {
	t       testing.TB
	dir     string // everything of it
	data    string // its data folder
	sources string // where clients put files by themselves
	addr    string
	path    string // of the program
	args    []string
	child   *program.Child
}

// startTime is how long the server may take to start on a busy machine.
const startTime = 3 * time.Minute

// confirmTimeout is the MORAG_CLAIM_CONFIRM_TIMEOUT of all servers here.
const confirmTimeout = 2 * time.Second

// newServer prepares a server with short times. Further arguments come last.
func newServer(t testing.TB, dir string, args ...string) *server {
	t.Helper()
	return newServerOn(t, dir, filepath.Join(dir, "sources"), args...)
}

// newServerOn prepares one whose clients put files in that folder.
func newServerOn(t testing.TB, dir, sources string, args ...string) *server {
	t.Helper()
	s := &server{t: t, dir: dir, data: filepath.Join(dir, "data"), sources: sources, addr: freeAddr(t), path: binary}
	if err := errors.Join(os.MkdirAll(s.dir, 0o700), os.MkdirAll(s.sources, 0o700)); err != nil {
		t.Fatal(err)
	}
	s.args = append([]string{
		"--addr", s.addr, "--data-dir", s.data, "--source-dirs", s.sources, "--temp-dir", dir,
		"--remote-conversion-enabled", "--remote-content-types", "document", "--remote-timeout-document", "12",
		"--remote-fallback-timeout", "30", "--retry-backoff", "0.2", "--claim-confirm-timeout", fmt.Sprint(confirmTimeout.Seconds()),
		"--allow-private-urls", "127.0.0.1",
	}, args...)
	t.Cleanup(func() {
		s.kill()
		if t.Failed() && s.child != nil {
			t.Logf("what the server complained of:\n%s", s.logged("level=ERROR", "level=WARN msg=\"task", "panic"))
		}
	})
	return s
}

// ports counts the ports that were tried, so that no two servers are given one.
var ports atomic.Int32

// freeAddr is an address that the server can come back to: outside the range from
// which systems take the ports of connections, or one of these might take it meanwhile.
func freeAddr(t testing.TB) string {
	t.Helper()
	for range 1000 {
		port := 20_000 + (os.Getpid()*101+int(ports.Add(1)))%10_000
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no free port")
	return ""
}

func (s *server) config() program.Config {
	return program.Config{Path: s.path, Args: s.args, Dir: s.dir, Log: filepath.Join(s.dir, "log")}
}

// start starts the server and waits until it is ready.
func (s *server) start() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	var err error
	if s.child, _, err = program.StartServer(ctx, s.config(), filepath.Join(s.dir, "addr")); err != nil {
		s.t.Fatal(err)
	}
}

// flash starts the server and kills it after d, ready or not.
func (s *server) flash(d time.Duration) {
	s.t.Helper()
	c := s.config()
	c.Args = append([]string{"serve"}, c.Args...)
	child, err := program.Start(c)
	if err != nil {
		s.t.Fatal(err)
	}
	s.child = child
	select {
	case <-time.After(d):
	case <-child.Done():
		s.t.Fatalf("the server ended by itself: %v\n%s", child.Err(), child.LogTail(2000))
	}
	s.kill()
}

// kill ends the server with SIGKILL, if it runs.
func (s *server) kill() {
	if s.child != nil {
		s.child.Kill()
	}
}

// crash kills the server and starts it again.
func (s *server) crash() {
	s.t.Helper()
	s.kill()
	s.start()
}

// stop ends the server as its operator would.
func (s *server) stop() error { return s.child.Stop(startTime) }

func (s *server) alive() {
	s.t.Helper()
	select {
	case <-s.child.Done():
		s.t.Fatalf("the server ended by itself: %v\n%s", s.child.Err(), s.child.LogTail(2000))
	default:
	}
}

// logged are the newest lines of the log that hold one of the words.
func (s *server) logged(words ...string) string {
	log, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	var lines []string
	for line := range strings.Lines(string(log)) {
		if slices.ContainsFunc(words, func(word string) bool { return strings.Contains(line, word) }) {
			lines = append(lines, "    "+line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-40):], "")
}

func (s *server) base() string { return "http://" + s.addr }
func (s *server) jobs() string { return filepath.Join(s.data, "remote_jobs") }

// write makes a file in the folder that clients may name, and returns its path.
func (s *server) write(name string, content []byte) string {
	s.t.Helper()
	path := filepath.Join(s.sources, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// files lists the regular files below a folder, by their slashed paths in it.
func files(t testing.TB, dir string) []string {
	t.Helper()
	var all []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && filepath.Ext(name) != ".lock" {
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
