package dashboard

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"morag/internal/program"
)

var pictures = flag.String("pictures", "", "a folder to put a picture of every page into")

// What all tests share, read-only once TestMain has begun.
var (
	binary string // the program
	shared string // a folder that goes when all tests have ended
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	for _, pair := range os.Environ() { // settings of this machine's own server
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "MORAG_") {
			os.Unsetenv(name)
		}
	}
	var err error
	if shared, err = os.MkdirTemp("", "morag-pages-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(shared)
	binary = filepath.Join(shared, "morag")
	build := exec.Command("go", "build", "-o", binary, "../../cmd/morag")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the program:", err)
		return 1
	}
	return m.Run()
}

// late is how long anything may take on a busy machine.
const late = 2 * time.Minute

// site is a running server, with keys.
type site struct {
	t                *testing.T
	dir              string
	url              string
	operator, worker string // keys
}

// serve starts a server that asks for keys.
func serve(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir()}
	s.operator, s.worker = s.key("admin", "ada"), s.key("worker", "workshop")
	ctx, cancel := context.WithTimeout(t.Context(), late)
	defer cancel()
	child, url, err := program.StartServer(ctx, program.Config{
		Path: binary, Dir: s.dir, Log: filepath.Join(s.dir, "log"),
		Args: []string{"--addr", "127.0.0.1:0", "--data-dir", s.data(), "--temp-dir", s.dir, "--remote-conversion-enabled"},
	}, filepath.Join(s.dir, "addr"))
	if err != nil {
		t.Fatal(err)
	}
	s.url = url
	t.Cleanup(func() {
		child.Kill()
		if t.Failed() {
			t.Logf("server's log:\n%s", child.LogTail(20_000))
		}
	})
	return s
}

func (s *site) data() string { return filepath.Join(s.dir, "data") }

// key makes a key.
func (s *site) key(role, name string) string {
	s.t.Helper()
	return strings.TrimSpace(s.morag("keys", "create", "--new", "--role", role, "--name", name, "--data-dir", s.data()))
}

// work starts a worker until the test ends.
func (s *site) work(id string) {
	s.t.Helper()
	child, err := program.Start(program.Config{
		Path: binary, Dir: s.dir, Log: filepath.Join(s.dir, id+".log"), Env: []string{"MORAG_API_KEY=" + s.worker},
		Args: []string{"worker", "--api-base-url", s.url, "--worker-id", id, "--content-types", "audio,video", "--temp-dir", s.dir},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(child.Kill)
}

// morag runs a command and returns what it prints.
func (s *site) morag(args ...string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), late)
	defer cancel()
	run := exec.CommandContext(ctx, binary, args...)
	run.Dir = s.dir
	var complaint strings.Builder
	run.Stderr = &complaint
	out, err := run.Output()
	if err != nil {
		s.t.Fatalf("morag %s: %v: %s", strings.Join(args, " "), err, complaint.String())
	}
	return string(out)
}
