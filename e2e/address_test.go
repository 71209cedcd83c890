package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/program"
	"morag/internal/wire"
)

const addressPage = `<html lang="en"><head><title>The bridge</title></head><body><nav>Menu</nav><h1>The bridge</h1>
<p>The old bridge is closed to lorries from <a href="/may">May</a> on.</p></body></html>`

// site serves one page, and a video with subtitles.
func site(t *testing.T) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bridge":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, addressPage)
		case "/video":
			_, _ = io.WriteString(w, `<html><head><title>Harbour</title></head><video src="/v.mp4"><track kind="subtitles" srclang="en" src="/v.vtt"></video>`)
		case "/v.vtt":
			w.Header().Set("Content-Type", "text/vtt")
			_, _ = io.WriteString(w, "WEBVTT\n\n00:01.000 --> 00:03.000\nThe boats are in the harbour.\n")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// TestConvertAddress converts what is at an address, without a server. Whose machine it
// is may name private addresses, until the setting says which.
func TestConvertAddress(t *testing.T) {
	t.Parallel()
	page, dir := site(t), t.TempDir()
	for _, tt := range []struct {
		line, allow    string
		exit           int
		says, explains string
	}{
		{"convert " + page + "/bridge", "", 0, "# The bridge\n\nThe old bridge is closed to lorries from [May](" + page + "/may) on.", ""},
		{"convert --json " + page + "/bridge", "", 0, `"url": "` + page + `/bridge"`, ""},
		{"convert --type youtube " + page + "/video", "", 0, "[00:00:01] The boats are in the harbour.", ""},
		{"convert " + page + "/gone", "", 1, "", "404"},
		{"convert " + page + "/bridge", "example.org", 1, "", "the server's own network"},
		{"convert --type audio " + page + "/bridge", "", 2, "", "--type"},
		{"convert --type web address_test.go", "", 2, "", "http://"},
	} {
		line := tt.line
		if tt.allow != "" {
			line += " --allow-private-urls " + tt.allow
		}
		got := morag(t, &server{}, dir, tt.exit, line)
		if !strings.Contains(got.out, tt.says) || !strings.Contains(got.err, tt.explains) {
			t.Errorf("morag %s printed\n%s%s", line, got.out, got.err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestAddressJobs has a worker convert sources that are files with an address.
func TestAddressJobs(t *testing.T) {
	t.Parallel()
	page, sources, dir := site(t), t.TempDir(), t.TempDir()
	s := serve(t, "--source-dirs", sources)
	child, err := program.Start(program.Config{
		Path: binary, Dir: dir, Log: filepath.Join(dir, "log"),
		Args: []string{"worker", "--api-base-url", s.url, "--worker-id", "e2e-web", "--content-types", "web,youtube", "--temp-dir", dir, "--allow-private-urls", "127.0.0.1"},
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
	for _, tt := range []struct{ contentType, address, status, says string }{
		{"web", page + "/bridge", "completed", "closed to lorries"},
		{"youtube", page + "/video", "completed", "boats are in the harbour"},
		{"web", page + "/gone", "failed", "404"},
		{"web", strings.Replace(page, "127.0.0.1", "localhost", 1) + "/bridge", "failed", "own network"},
	} {
		path := filepath.Join(sources, strings.ReplaceAll(tt.contentType+tt.status+tt.says, " ", "-"))
		if err := os.WriteFile(path, []byte(tt.address+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		created, err := s.CreateJob(t.Context(), wire.JobCreate{SourceFilePath: path, ContentType: tt.contentType, IngestionTaskID: filepath.Base(path)})
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, taskTime, tt.address, func() bool {
			job, err := s.Job(t.Context(), created.JobID)
			return err == nil && job.CompletedAt != nil
		})
		job, err := s.Job(t.Context(), created.JobID)
		if err != nil || string(job.Status) != tt.status || !strings.Contains(deref(job.ErrorMessage)+string(job.ResultData), tt.says) || job.RetryCount > 0 {
			t.Errorf("%s: %s, %s %s, %v", tt.address, job.Status, deref(job.ErrorMessage), job.ResultData, err)
		}
	}
}
