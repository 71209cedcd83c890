package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/wire"
)

// target is a server with a source folder, and a secret beside it that nobody may read.
type target struct {
	*apptest.Server
	t       *testing.T
	sources string
	secret  string // path
}

const secretText = "the-secret-of-the-server"

func attacked(t *testing.T, change func(*config.Server)) *target {
	t.Helper()
	v := &target{t: t, sources: t.TempDir(), secret: filepath.Join(t.TempDir(), "secret.txt")}
	if err := os.WriteFile(v.secret, []byte(secretText), 0o600); err != nil {
		t.Fatal(err)
	}
	settings := apptest.Settings(t)
	settings.SourceDirs = []string{v.sources}
	if change != nil {
		change(&settings)
	}
	v.Server = apptest.StartJailed(t, settings)
	return v
}

// call returns the status and the text of one request.
func (v *target) call(method, path, contentType, body string) (int, string) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.URL+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func (v *target) post(path, body string) (int, string) {
	v.t.Helper()
	return v.call(http.MethodPost, path, "application/json", body)
}

// source makes a file that jobs may name.
func (v *target) source(name string) string {
	v.t.Helper()
	path := filepath.Join(v.sources, name)
	if err := os.WriteFile(path, []byte("ID3 a talk"), 0o600); err != nil {
		v.t.Fatal(err)
	}
	return path
}

// claimed makes a job for the source and claims it.
func (v *target) claimed(source string, timeout int) wire.Job {
	v.t.Helper()
	created, err := v.CreateJob(v.t.Context(), wire.JobCreate{
		SourceFilePath: source, ContentType: "selftest", IngestionTaskID: "of-" + strings.TrimSuffix(filepath.Base(source), ".mp3"), TimeoutSeconds: &timeout,
	})
	if err != nil {
		v.t.Fatal(err)
	}
	got, err := v.Poll(v.t.Context(), client.Poll{WorkerID: "w", ContentTypes: []string{"selftest"}})
	if err != nil || got.JobID == nil || *got.JobID != created.JobID {
		v.t.Fatalf("claimed %v, %v; want %s", got.JobID, err, created.JobID)
	}
	return got.Job
}

func quote(s string) string {
	raw, _ := json.Marshal(s)
	return string(raw)
}

// TestAttackPathTraversal names files of the server in every field that is, or looks
// like, a name or a path.
func TestAttackPathTraversal(t *testing.T) {
	t.Parallel()
	v := attacked(t, nil)
	up := strings.Repeat("../", 20)
	paths := []string{
		v.secret, "file://" + v.secret, up + strings.TrimPrefix(v.secret, "/"), v.sources + "/" + up + v.secret, v.sources + "/./../" + filepath.Base(filepath.Dir(v.secret)) + "/secret.txt",
		"/etc/passwd", "/dev/zero", "/proc/self/environ", v.sources, "blob:" + up + "etc/passwd", "blob:" + v.secret, "blob:00/../../morag.db", `..\..\morag.db`,
	}
	for _, p := range paths {
		status, text := v.post("/api/v1/remote-jobs", fmt.Sprintf(`{"source_file_path":%s,"content_type":"selftest","ingestion_task_id":"t"}`, quote(p)))
		if status != http.StatusForbidden && status != http.StatusUnprocessableEntity {
			t.Errorf("source_file_path %q: %d %s", p, status, text)
		}
		for _, field := range []string{"document_id", "source_type", "chunking_strategy"} {
			status, text := v.post("/api/v1/ingest/url", fmt.Sprintf(`{"url":"https://example.org/",%q:%s}`, field, quote(p)))
			if status != http.StatusUnprocessableEntity {
				t.Errorf("%s %q: %d %s", field, p, status, text)
			}
		}
		if status, text := v.post("/process/url", fmt.Sprintf(`{"url":%s}`, quote(p))); status != http.StatusUnprocessableEntity {
			t.Errorf("url %q: %d %s", p, status, text)
		}
		for _, route := range []string{
			"/api/v1/documents/%s/source", "/api/v1/documents/%s/content", "/api/v1/status/%s", "/api/v1/remote-jobs/%s", "/api/v1/remote-jobs/%s/download",
		} {
			status, text := v.call(http.MethodGet, fmt.Sprintf(route, url.PathEscape(p)), "", "")
			if status != http.StatusNotFound && status != http.StatusUnprocessableEntity || strings.Contains(text, secretText) {
				t.Errorf("GET "+route+": %d %s", p, status, text)
			}
		}
		if status, text := v.upload(p, []byte("Harmless words.\n")); status != http.StatusOK {
			t.Errorf("a file named %q: %d %s", p, status, text)
		}
	}
	if raw, err := os.ReadFile(v.secret); err != nil || string(raw) != secretText {
		t.Errorf("the secret is now %q, %v", raw, err)
	}
}

// upload ingests a file of that name.
func (v *target) upload(name string, content []byte) (int, string) {
	v.t.Helper()
	return v.send("/api/v1/ingest/file", name, content)
}

// send posts a form with a file of that name.
func (v *target) send(path, name string, content []byte) (int, string) {
	v.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		v.t.Fatal(err)
	}
	return v.call(http.MethodPost, path, form.FormDataContentType(), body.String())
}

// TestAttackSymlinkSwap puts a link to the secret where the source was, after the path
// was checked.
func TestAttackSymlinkSwap(t *testing.T) {
	t.Parallel()
	v := attacked(t, nil)
	source := v.source("talk.mp3")
	j := v.claimed(source, 600)
	if err := os.Remove(source); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(v.secret, source); err != nil {
		t.Fatal(err)
	}
	status, text := v.call(http.MethodGet, *j.SourceFileURL, "", "")
	if status != http.StatusGone || strings.Contains(text, secretText) {
		t.Errorf("download through the link: %d %s, want 410", status, text)
	}
	if status, text := v.post("/api/v1/remote-jobs", fmt.Sprintf(`{"source_file_path":%s,"content_type":"selftest","ingestion_task_id":"t"}`, quote(source))); status != http.StatusForbidden {
		t.Errorf("a job for the link: %d %s, want 403", status, text)
	}
}

// TestAttackTokens uses a download token for everything but what it was given for.
func TestAttackTokens(t *testing.T) {
	t.Parallel()
	v := attacked(t, nil)
	mine, other := v.claimed(v.source("mine.mp3"), 600), v.claimed(v.source("other.mp3"), 600)
	token := (*mine.SourceFileURL)[strings.Index(*mine.SourceFileURL, "?"):]
	download := func(of wire.Job, query string) int {
		status, _ := v.call(http.MethodGet, "/api/v1/remote-jobs/"+*of.JobID+"/download"+query, "", "")
		return status
	}
	if status := download(mine, token); status != http.StatusOK {
		t.Fatalf("the token's own job: %d", status)
	}
	for what, status := range map[string]int{
		"another job":      download(other, token),
		"a changed token":  download(mine, token[:len(token)-2]+"AA"),
		"half a token":     download(mine, token[:len(token)/2]),
		"an overlong one":  download(mine, token+strings.Repeat("A", 10_000)),
		"a list of tokens": download(other, token+"&"+token[1:]),
	} {
		if status != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", what, status)
		}
	}
	// The attempt ends; what it was given dies with it, though the job is claimed anew.
	if _, err := v.ReleaseJob(t.Context(), *mine.JobID, wire.JobChange{WorkerID: "w"}); err != nil {
		t.Fatal(err)
	}
	if status := download(mine, token); status != http.StatusForbidden {
		t.Errorf("after the attempt was released: %d, want 403", status)
	}
	if _, err := v.Poll(t.Context(), client.Poll{WorkerID: "w2", ContentTypes: []string{"selftest"}}); err != nil {
		t.Fatal(err)
	}
	if status := download(mine, token); status != http.StatusForbidden {
		t.Errorf("in the next attempt: %d, want 403", status)
	}
}

// TestAttackTokenAfterTheDeadline waits until the job has timed out.
func TestAttackTokenAfterTheDeadline(t *testing.T) {
	t.Parallel()
	v := attacked(t, nil)
	j := v.claimed(v.source("talk.mp3"), 1)
	deadline := time.Now().Add(time.Minute)
	for {
		status, text := v.call(http.MethodGet, *j.SourceFileURL, "", "")
		if status == http.StatusForbidden {
			return
		}
		if status != http.StatusOK || time.Now().After(deadline) {
			t.Fatalf("%d %s", status, text)
		}
	}
}

// TestAttackAddresses has the server call what only it can reach.
func TestAttackAddresses(t *testing.T) {
	t.Parallel()
	v := attacked(t, nil)
	for _, address := range []string{
		"http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://metadata.localhost/", v.URL + "/metrics",
		"http://[::ffff:127.0.0.1]/", "http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://0/", "ftp://example.org/", "file:///etc/passwd",
		"http://user:password@example.org/", "http://example.org:22/", "javascript:alert(1)", "//example.org", "http://" + strings.Repeat("a", 10_000),
	} {
		for path, body := range map[string]string{
			"/api/v1/ingest/url":   `{"url":%s}`,
			"/api/v1/ingest/batch": `{"items":[{"url":"https://example.org/"},{"url":%s}]}`,
			"/process/url":         `{"url":%s}`,
			"/process/youtube":     `{"url":%s}`,
			"/process/batch":       `{"items":[{"url":%s}]}`,
			"/api/v1/process":      `{"mode":"ingest","source_type":"url","url":%s}`,
		} {
			if status, text := v.post(path, fmt.Sprintf(body, quote(address))); status != http.StatusUnprocessableEntity {
				t.Errorf("%s of %.60q: %d %s", path, address, status, text)
			}
		}
		for field, body := range map[string]string{
			"webhook_url":    `{"url":"https://example.org/","webhook_url":%s}`,
			"webhook_config": `{"url":"https://example.org/","webhook_config":{"url":%s}}`,
		} {
			if status, text := v.post("/api/v1/ingest/url", fmt.Sprintf(body, quote(address))); status != http.StatusUnprocessableEntity {
				t.Errorf("%s %.60q: %d %s", field, address, status, text)
			}
		}
	}
}

// TestAttackHeaderBomb sends headers without end.
func TestAttackHeaderBomb(t *testing.T) {
	t.Parallel()
	v := attacked(t, nil)
	conn, err := net.Dial("tcp", strings.TrimPrefix(v.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(conn, "GET /health HTTP/1.1\r\nHost: localhost\r\n"); err != nil {
		t.Fatal(err)
	}
	sent := 0
	for ; sent < 64<<20; sent += 1 << 10 {
		if _, err := fmt.Fprintf(conn, "X-%d: %s\r\n", sent, strings.Repeat("a", 1<<10)); err != nil {
			break
		}
	}
	if sent > 8<<20 {
		t.Errorf("%d bytes of headers were taken", sent)
	}
	if status, text := v.call(http.MethodGet, "/health", "", ""); status != http.StatusOK {
		t.Errorf("afterwards: %d %s", status, text)
	}
}

// TestAttackOversize sends more than is taken, by every way in.
func TestAttackOversize(t *testing.T) {
	t.Parallel()
	v := attacked(t, func(s *config.Server) { s.MaxUploadSize, s.MaxResultSize = 1<<20, 1<<20 })
	before := v.files()
	huge := `{"a":"` + strings.Repeat("a", 5<<20) + `"}`
	if status, text := v.upload("a.txt", bytes.Repeat([]byte("words "), 1<<20)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("an upload: %d %s", status, text)
	}
	for _, path := range []string{"/api/v1/remote-jobs", "/api/v1/ingest/url", "/api/v1/ingest/batch", "/api/v1/process", "/process/url", "/search"} {
		if status, text := v.post(path, huge); status != http.StatusRequestEntityTooLarge {
			t.Errorf("POST %s: %d %s", path, status, text)
		}
		if status, text := v.post(path, strings.Repeat(`{"a":`, 100_000)); status != http.StatusBadRequest {
			t.Errorf("POST %s, nested deep: %d %s", path, status, text)
		}
	}
	j := v.claimed(v.source("talk.mp3"), 600)
	if status, text := v.call(http.MethodPut, "/api/v1/remote-jobs/"+*j.JobID+"/result", "application/json", huge); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a result: %d %s", status, text)
	}
	items := strings.TrimSuffix(strings.Repeat(`{"url":"https://example.org/"},`, 1001), ",")
	if status, text := v.post("/api/v1/ingest/batch", `{"items":[`+items+`]}`); status != http.StatusUnprocessableEntity {
		t.Errorf("a batch of 1001: %d %s", status, text)
	}
	if after := v.files(); after != before {
		t.Errorf("%d files are stored, %d were there before", after, before)
	}
}

// files counts what is stored of uploads.
func (v *target) files() int {
	v.t.Helper()
	n := 0
	err := filepath.WalkDir(filepath.Join(v.Settings.DataDir, "uploads"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && filepath.Ext(d.Name()) != ".lock" {
			n++
		}
		return err
	})
	if err != nil {
		v.t.Fatal(err)
	}
	return n
}
