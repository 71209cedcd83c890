package dashboard

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"morag/internal/program"
	"morag/internal/wire"
)

var pictures = flag.String("pictures", "", "a folder to put a picture of every page into")

// What all tests share, read-only once TestMain has begun.
var (
	morag  string // the program
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
	morag = filepath.Join(shared, "morag")
	build := exec.Command("go", "build", "-o", morag, "../../cmd/morag")
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
	s.dir, _ = filepath.EvalSymlinks(s.dir) // as jobs name their sources
	child, url, err := program.StartServer(ctx, program.Config{
		Path: morag, Dir: s.dir, Log: filepath.Join(s.dir, "log"),
		Args: []string{"--addr", "127.0.0.1:0", "--data-dir", s.data(), "--temp-dir", s.dir, "--remote-conversion-enabled", "--source-dirs", s.dir},
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
		Path: morag, Dir: s.dir, Log: filepath.Join(s.dir, id+".log"), Env: []string{"MORAG_API_KEY=" + s.worker},
		Args: []string{"worker", "--api-base-url", s.url, "--worker-id", id, "--content-types", "audio,video", "--temp-dir", s.dir},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(child.Kill)
}

// call asks the API as the operator.
func (s *site) call(method, path, body string, out any) {
	s.t.Helper()
	s.callAs(s.operator, method, path, body, out)
}

func (s *site) callAs(key, method, path, body string, out any) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-API-Key", key)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(text, out)
	}
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: %d %s (%v)", method, path, resp.StatusCode, text, err)
	}
}

// job makes a remote job of a file that the server can read.
func (s *site) job(contentType, path, task string) {
	s.t.Helper()
	sent, err := json.Marshal(wire.JobCreate{SourceFilePath: path, ContentType: contentType, IngestionTaskID: task})
	if err != nil {
		s.t.Fatal(err)
	}
	s.call("POST", "/api/v1/remote-jobs", string(sent), &wire.JobCreated{})
}

// named puts ids of what there is into a path: {job} is done, {waiting} is not;
// {task} has become a document, {failed} has not.
func (s *site) named(path string) string {
	s.t.Helper()
	for name, list := range map[string]string{"{job}": "completed", "{waiting}": "pending"} {
		if strings.Contains(path, name) {
			var page struct{ Jobs []wire.JobRecord }
			if s.call("GET", "/api/v1/remote-jobs?limit=1&status="+list, "", &page); len(page.Jobs) == 0 {
				s.t.Fatalf("no job is %s", list)
			}
			path = strings.ReplaceAll(path, name, page.Jobs[0].ID)
		}
	}
	for name, status := range map[string]string{"{task}": "SUCCESS", "{failed}": "FAILURE"} {
		if strings.Contains(path, name) {
			var page wire.Tasks
			if s.call("GET", "/api/v1/tasks?status="+status, "", &page); len(page.Tasks) == 0 {
				s.t.Fatalf("no task is %s", status)
			}
			path = strings.ReplaceAll(path, name, page.Tasks[len(page.Tasks)-1].TaskID)
		}
	}
	return path
}

// morag runs a command and returns what it prints.
func (s *site) morag(args ...string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), late)
	defer cancel()
	run := exec.CommandContext(ctx, morag, args...)
	run.Dir = s.dir
	var complaint strings.Builder
	run.Stderr = &complaint
	out, err := run.Output()
	if err != nil {
		s.t.Fatalf("morag %s: %v: %s", strings.Join(args, " "), err, complaint.String())
	}
	return string(out)
}
