package e2e

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"morag/internal/client"
	"morag/internal/program"
	"morag/internal/wire"
)

// server is a running `morag serve` with a folder of its own. It keeps its port when
// it is started again.
type server struct {
	t     testing.TB
	dir   string
	args  []string
	child *program.Child
	url   string
	*client.Client
}

// startTime is how long a program may take to start on a busy machine.
const startTime = time.Minute

// serve starts a server with remote conversion on.
func serve(t testing.TB, args ...string) *server {
	t.Helper()
	s := &server{t: t, dir: t.TempDir(), args: args}
	s.start("127.0.0.1:0")
	t.Cleanup(func() {
		s.child.Kill()
		if t.Failed() {
			t.Logf("server's log:\n%s", s.child.LogTail(20_000))
		}
	})
	return s
}

func (s *server) start(addr string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	args := append([]string{"--addr", addr, "--data-dir", s.data(), "--temp-dir", s.dir, "--remote-conversion-enabled"}, s.args...)
	var err error
	s.child, s.url, err = program.StartServer(ctx, program.Config{
		Path: binary, Args: args, Dir: s.dir, Log: filepath.Join(s.dir, "log"),
	}, filepath.Join(s.dir, "addr"))
	if err != nil {
		s.t.Fatal(err)
	}
	if s.Client, err = client.New(client.Config{BaseURL: s.url, UserAgent: "morag-e2e", HTTPClient: must[*http.Client](s.t)(watched())}); err != nil {
		s.t.Fatal(err)
	}
}

// crash kills the server where it stands and starts it again.
func (s *server) crash() {
	s.t.Helper()
	s.child.Kill()
	at, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	s.start(at.Host)
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

// uploads counts the files in the upload folder.
func (s *server) uploads() int {
	s.t.Helper()
	n := 0
	err := filepath.WalkDir(filepath.Join(s.data(), "uploads"), func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && filepath.Ext(entry.Name()) != ".lock" {
			n++
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// taskTime is how long a task may take on a busy machine.
const taskTime = 3 * time.Minute

// ended waits for a task's end.
func (s *server) ended(id string) wire.Task {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), taskTime)
	defer cancel()
	task, err := s.WaitTask(ctx, id, nil)
	if err != nil {
		s.t.Fatalf("task %s: %v (stands at %s %s)", id, err, task.Status, task.Stage)
	}
	return task
}

// succeeded waits for a task's good end.
func (s *server) succeeded(id string) wire.TaskResult {
	s.t.Helper()
	task := s.ended(id)
	if task.Status != "SUCCESS" {
		s.t.Fatalf("task %s ended %s: %s", id, task.Status, deref(task.Error))
	}
	var result wire.TaskResult
	if err := json.Unmarshal(task.Result, &result); err != nil {
		s.t.Fatal(err)
	}
	return result
}

// text is a document's.
func (s *server) text(id string) string {
	s.t.Helper()
	body, err := s.DocumentContent(context.Background(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// finds tells whether a search brings the document.
func (s *server) finds(query, document string) bool {
	s.t.Helper()
	found, err := s.Search(context.Background(), wire.Search{Query: query})
	if err != nil {
		s.t.Fatal(err)
	}
	return slices.ContainsFunc(found.Results, func(h wire.Hit) bool { return h.DocumentID == document })
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// work starts `morag worker` for audio at the server's address, or another. dir is
// its folder, kept when it is started again.
func work(t testing.TB, url, dir string) *program.Child {
	t.Helper()
	child, err := program.Start(program.Config{
		Path: binary, Dir: dir, Log: filepath.Join(dir, "log"),
		Args: []string{"worker", "--api-base-url", url, "--worker-id", "e2e-worker", "--content-types", "audio", "--temp-dir", dir, "--log-level", "debug"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		child.Kill()
		if t.Failed() {
			t.Logf("worker's log:\n%s", child.LogTail(20_000))
		}
	})
	return child
}
