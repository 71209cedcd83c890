package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"morag/internal/blob/s3/s3test"
	"morag/internal/client"
	"morag/internal/wire"
)

// TestMigrate: what a folder has is the same in PostgreSQL and S3, and in another folder
// afterwards, although the copying is killed again and again.
func TestMigrate(t *testing.T) {
	t.Parallel()
	_, address := startDatabase(t)
	files := "s3://" + s3test.Bucket + "/moved?endpoint=" + s3test.Start(t).URL

	one := serve(t, "--remote-content-types", "selftest")
	one.fill()
	refused(t, "is in use by another server", "migrate", "--data-dir", one.data(), "--to", address, "--blobs", files)
	one.child.Kill()
	key := createKey(t, one.data())
	one.start("127.0.0.1:0")
	want := answers(t, one.url, key)
	one.child.Kill()

	migrateKilled(t, "--data-dir", one.data(), "--to", address, "--blobs", files)
	shared := serve(t, "--remote-content-types", "selftest", "--database-url", address, "--blob-url", files)
	awaitAnswers(t, shared, key, want)
	back := filepath.Join(t.TempDir(), "back")
	refused(t, "a server uses it", "migrate", "--data-dir", back, "--from", address, "--blobs", files)
	if err := shared.child.Stop(startTime); err != nil {
		t.Fatal(err)
	}
	refused(t, "it holds other data", "migrate", "--data-dir", one.data(), "--from", address, "--blobs", files)

	migrateKilled(t, "--data-dir", back, "--from", address, "--blobs", files)
	two := &server{t: t, dir: filepath.Dir(back), args: []string{"--remote-content-types", "selftest", "--data-dir", back}}
	two.start("127.0.0.1:0")
	t.Cleanup(two.child.Kill)
	awaitAnswers(t, two, key, want)
	two.takesMore(key)
}

// fill has the server keep something of everything.
func (s *server) fill() {
	s.t.Helper()
	ctx := context.Background()
	for i := range 12 {
		s.succeeded(s.ingestText(fmt.Sprint("note-", i), fmt.Sprintf("The heron number%d stands in the reed\u00e9 \U0001F426.\n\nIt waits.", i)))
	}
	for _, gone := range []string{"note-3", "note-5"} {
		if err := s.DeleteDocument(ctx, gone); err != nil {
			s.t.Fatal(err)
		}
	}
	s.succeeded(s.ingestText("note-3", "The heron that was number3 has flown away."))
	source := must[wire.Document](s.t)(s.Document(ctx, "note-0")).SourceRef
	for i := range 3 {
		created := must[wire.JobCreated](s.t)(s.CreateJob(ctx, wire.JobCreate{
			SourceFilePath: *source, ContentType: "selftest", IngestionTaskID: fmt.Sprint("made-by-a-job-", i),
		}))
		if i == 2 {
			continue // it waits
		}
		polled := must[wire.Poll](s.t)(s.Poll(ctx, client.Poll{WorkerID: "e2e", ContentTypes: []string{"selftest"}}))
		body, err := json.Marshal(wire.JobResult{
			Success: i == 0, Content: wire.Text("A kingfisher was converted far away."), Metadata: json.RawMessage(`{"duration": 120.5}`),
			ProcessingTime: 1, WorkerID: "e2e", Attempt: *polled.Attempt,
		})
		if err != nil {
			s.t.Fatal(err)
		}
		if _, err := s.PutResult(ctx, created.JobID, bytes.NewReader(body), int64(len(body))); err != nil {
			s.t.Fatal(err)
		}
	}
	eventually(s.t, taskTime, "the result is a document", func() bool {
		found := must[wire.Found](s.t)(s.Search(ctx, wire.Search{Query: "kingfisher", Mode: "words"}))
		return len(found.Results) > 0
	})
}

func createKey(t *testing.T, data string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), binary, "keys", "create", "--data-dir", data, "--role", "admin", "--name", "ops").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// answers are what a user asks for and gets.
func answers(t *testing.T, address, key string) map[string]string {
	t.Helper()
	all := map[string]string{}
	call := func(method, path, body string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+key)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		all[method+" "+path+" "+body] = fmt.Sprint(resp.StatusCode, " ", took.ReplaceAllString(string(text), ""))
	}
	for _, path := range []string{
		"/api/v1/documents?limit=100", "/api/v1/documents/note-3", "/api/v1/documents/note-3/content", "/api/v1/documents/note-5",
		"/api/v1/documents/note-7/source", "/api/v1/documents/note-7/chunks", "/api/v1/tasks?limit=100", "/api/v1/tasks?limit=3&status=SUCCESS",
		"/api/v1/remote-jobs/?limit=100", "/api/v1/workers",
	} {
		call(http.MethodGet, path, "")
	}
	for _, search := range []string{
		`{"query": "heron number4"}`, `{"query": "heron", "mode": "words", "limit": 20}`, `{"query": "kingfisher", "mode": "vectors", "limit": 20}`,
	} {
		call(http.MethodPost, "/api/v1/search", search)
	}
	return all
}

// awaitAnswers waits until a server answers as another did.
func awaitAnswers(t *testing.T, s *server, key string, want map[string]string) {
	t.Helper()
	diff := ""
	defer func() {
		if t.Failed() {
			t.Logf("the answers (-before +after):\n%s", diff)
		}
	}()
	eventually(t, startTime, "the answers are the same", func() bool {
		diff = cmp.Diff(want, answers(t, s.url, key))
		return diff == ""
	})
	if status, _, _ := ask(t, s.url+"/api/v1/documents"); status != http.StatusUnauthorized {
		t.Errorf("without the key: %d", status)
	}
}

// took is how long a search took, which is not compared.
var took = regexp.MustCompile(`"took_ms":[0-9.e-]+`)

// takesMore: numbers of rows go on after those that were copied.
func (s *server) takesMore(key string) {
	s.t.Helper()
	var err error
	if s.Client, err = client.New(client.Config{BaseURL: s.url, APIKey: key}); err != nil {
		s.t.Fatal(err)
	}
	s.succeeded(s.ingestText("later", "A wagtail came afterwards."))
	if !s.finds("wagtail", "later") || !s.finds("heron number4", "note-4") {
		s.t.Error("what comes after the copying is not found beside what was there")
	}
	page := must[wire.Tasks](s.t)(s.Tasks(context.Background(), client.TaskFilter{}))
	if len(page.Tasks) == 0 || page.Tasks[0].DocumentID == nil || *page.Tasks[0].DocumentID != "later" {
		s.t.Errorf("the newest task is %+v", page.Tasks[0])
	}
}

// migrateKilled runs morag migrate and kills it after its first line, its fourth and its
// seventh, each time anew, and then lets it finish.
func migrateKilled(t *testing.T, args ...string) {
	t.Helper()
	for lines := 1; lines <= 7; lines += 3 {
		cmd := exec.CommandContext(t.Context(), binary, append([]string{"migrate"}, args...)...)
		progress, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		scanner := bufio.NewScanner(progress)
		for range lines {
			if !scanner.Scan() {
				break
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Log(err) // it has ended already
		}
		_, _ = io.Copy(io.Discard, progress)
		_ = cmd.Wait()
	}
	out, err := exec.CommandContext(t.Context(), binary, append([]string{"migrate"}, args...)...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "copied and compared") {
		t.Fatalf("migrate: %v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// refused runs a command that must fail with a sentence.
func refused(t *testing.T, sentence string, args ...string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), binary, args...).CombinedOutput()
	if err == nil || !strings.Contains(string(out), sentence) {
		t.Errorf("morag %s: %v\n%s", args[0], err, out)
	}
}
