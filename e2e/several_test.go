package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"morag/internal/blob/s3/s3test"
	"morag/internal/client"
	"morag/internal/postgres/postgrestest"
	"morag/internal/selftest"
)

// several are servers that share a PostgreSQL and a folder of files.
type several struct {
	database *postgrestest.Server
	servers  []*server
}

func startSeveral(t *testing.T, n int, args ...string) *several {
	t.Helper()
	files := url.URL{Scheme: "file", Path: t.TempDir()}
	return startSeveralOn(t, n, files.String(), args...)
}

// startSeveralOn starts servers whose files are at that place.
func startSeveralOn(t *testing.T, n int, files string, args ...string) *several {
	t.Helper()
	database, address := startDatabase(t)
	all := &several{database: database}
	for range n {
		all.servers = append(all.servers, serve(t, append([]string{
			"--database-url", address, "--blob-url", files, "--remote-content-types", "audio,selftest",
		}, args...)...))
	}
	for _, s := range all.servers {
		s.awaitReady()
	}
	return all
}

// startDatabase starts a PostgreSQL, and returns its address.
func startDatabase(t *testing.T) (*postgrestest.Server, string) {
	t.Helper()
	database, err := postgrestest.Start()
	if err != nil {
		t.Fatalf("start PostgreSQL (tools/install tests brings it): %v", err)
	}
	t.Cleanup(func() {
		if err := database.Stop(); err != nil {
			t.Error(err)
		}
	})
	return database, must[string](t)(database.URL())
}

// awaitReady waits until the server says that all its parts are.
func (s *server) awaitReady() {
	s.t.Helper()
	eventually(s.t, startTime, "the server is ready", func() bool {
		state, err := s.Ready(context.Background())
		return err == nil && state.Status == "ready"
	})
}

// proxy passes each request to the next server.
func (s *several) proxy(t *testing.T) string {
	t.Helper()
	var next atomic.Int64
	var targets []http.Handler
	for _, one := range s.servers {
		at, err := url.Parse(one.url)
		if err != nil {
			t.Fatal(err)
		}
		target := httputil.NewSingleHostReverseProxy(at)
		target.FlushInterval = -1 // events are passed on as they come
		targets = append(targets, target)
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		targets[int(next.Add(1))%len(targets)].ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return front.URL
}

// passSelftest runs all of the self-test, each request at the next server.
func (s *several) passSelftest(t *testing.T, proxy string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), binary, "selftest", "--test", "all", "--server", proxy, "--json").Output()
	var report selftest.Report
	if failed := json.Unmarshal(out, &report); err != nil || failed != nil || report.Failed != 0 || report.Skipped != 0 || report.Passed < 30 {
		t.Errorf("selftest by a proxy: %v, %d passed, %d failed, %d skipped\n%s", err, report.Passed, report.Failed, report.Skipped, out)
	}
}

// TestSeveralServers: whatever a user does works at any server of three, one that is killed
// leaves nothing undone, and the loss of the database is waited out.
func TestSeveralServers(t *testing.T) {
	t.Parallel()
	all := startSeveral(t, 3)
	a, b, c := all.servers[0], all.servers[1], all.servers[2]

	nginx := all.nginx(t)
	all.passSelftest(t, nginx)
	all.takesPieces(t, nginx)

	// What was acknowledged by one that is killed at once is done by the others.
	const texts = 12
	tasks := make([]string, texts)
	for i := range texts {
		tasks[i] = a.ingestText(fmt.Sprintf("note-%d", i), fmt.Sprintf("The heron number%d stands in the reed.", i))
	}
	a.crash()
	a.awaitReady()
	for i, id := range tasks {
		b.succeeded(id)
		for n, s := range all.servers {
			if name := fmt.Sprintf("note-%d", i); !s.finds(fmt.Sprintf("number%d", i), name) {
				t.Errorf("server %d does not find %s", n, name)
			}
		}
	}

	if err := all.database.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/health/ready", "/api/v1/remote-jobs/statistics", "/api/v1/documents"} {
		status, wait, _ := ask(t, c.url+path)
		if status != http.StatusServiceUnavailable || wait == "" {
			t.Errorf("%s without the database: %d, Retry-After %q", path, status, wait)
		}
	}
	if status, _, _ := ask(t, c.url+"/health"); status != http.StatusOK {
		t.Errorf("/health without the database: %d", status)
	}
	if err := all.database.Run(); err != nil {
		t.Fatal(err)
	}
	for _, s := range all.servers {
		s.awaitReady()
		if !s.finds("heron", "note-0") {
			t.Error("what was there is not found when the database is back")
		}
	}
	a.succeeded(c.ingestText("after", "A kingfisher came afterwards."))
	if !b.finds("kingfisher", "after") {
		t.Error("what came afterwards is not found")
	}
}

// TestSeveralServersWithFilesInS3: what one server takes in another converts, gives back and
// forgets; without the S3 server requests for files are answered 503 and what is under way
// waits, and all goes on when it is back.
func TestSeveralServersWithFilesInS3(t *testing.T) {
	t.Parallel()
	bucket := s3test.Start(t)
	all := startSeveralOn(t, 2, "s3://"+s3test.Bucket+"/tests?endpoint="+bucket.URL)
	a, b := all.servers[0], all.servers[1]

	a.succeeded(a.ingestText("before", "The heron stands in the reed."))
	for n, s := range all.servers {
		if !s.finds("heron", "before") {
			t.Errorf("server %d does not find what was stored", n)
		}
	}
	path := "/api/v1/documents/before/source"
	if status, _, body := ask(t, b.url+path); status != http.StatusOK || body != "The heron stands in the reed." {
		t.Errorf("the source is answered %d, %q", status, body)
	}

	bucket.Kill(t)
	if status, wait, _ := ask(t, b.url+path); status != http.StatusServiceUnavailable || wait == "" {
		t.Errorf("the source without S3: %d, Retry-After %q", status, wait)
	}
	if !b.finds("heron", "before") {
		t.Error("without S3 nothing is found")
	}
	bucket.Run(t)
	b.succeeded(a.ingestText("after", "A kingfisher came afterwards."))
	if !b.finds("kingfisher", "after") {
		t.Error("what came afterwards is not found")
	}
	if status, _, _ := ask(t, a.url+path); status != http.StatusOK {
		t.Errorf("the source when S3 is back: %d", status)
	}

	all.passSelftest(t, all.proxy(t))
}

// ingestText has a text ingested as a document of that id, and returns its task.
func (s *server) ingestText(document, text string) (task string) {
	s.t.Helper()
	path := filepath.Join(s.dir, document+".txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	var o client.IngestOptions
	o.Options.DocumentID = document
	accepted, err := s.IngestFile(context.Background(), path, o)
	if err != nil {
		s.t.Fatal(err)
	}
	return accepted.TaskID
}

// ask is the answer's status, how long to wait, and the body.
func ask(t *testing.T, address string) (status int, wait, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Retry-After"), string(data)
}

// TestServersThatShareMustAgree: one that would undo what the others decide does not start,
// nor one with another folder of files.
func TestServersThatShareMustAgree(t *testing.T) {
	t.Parallel()
	all := startSeveral(t, 1)
	shared := all.servers[0].args[:4]
	for name, tt := range map[string]struct {
		args []string
		says string
	}{
		"another backoff": {append([]string{"--retry-backoff", "45"}, shared...), "MORAG_RETRY_BACKOFF is 45s here and 30s at the others"},
		"another folder":  {append(slices.Clone(shared[:2]), "--blob-url", "file://"+t.TempDir()), "all servers must name the same place"},
	} {
		args := append([]string{"serve", "--addr", "127.0.0.1:0", "--data-dir", t.TempDir()}, tt.args...)
		_, err := exec.CommandContext(t.Context(), binary, args...).Output()
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok || !strings.Contains(string(exit.Stderr), tt.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRoles: what one server takes in and does not run, another runs that answers nobody.
func TestRoles(t *testing.T) {
	t.Parallel()
	all := startSeveral(t, 1, "--roles", "api")
	front := all.servers[0]
	task := front.ingestText("note", "The bittern is heard and not seen.")
	back := serve(t, append(slices.Clone(front.args[:6]), "--roles", "ingest,maintain")...)
	front.succeeded(task)
	if !front.finds("bittern", "note") {
		t.Error("what another server has stored is not found")
	}
	if status, wait, _ := ask(t, back.url+"/api/v1/documents"); status != http.StatusServiceUnavailable || wait == "" {
		t.Errorf("a server without the role api answers %d, Retry-After %q", status, wait)
	}
	if status, _, _ := ask(t, back.url+"/health/ready"); status != http.StatusOK {
		t.Errorf("it says that it is %d", status)
	}
}
