package dashboard_test

import (
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// shown is what is left of [evil] on a page that shows it.
const shown = "&lt;x-evil onmouseover=alert(1)&gt;"

// hostile is a server where everybody has chosen the worst names: of a worker, of files, of
// what a worker says of its job. It returns the job that has failed, and its task.
func hostile(t *testing.T) (s *apptest.Server, jobID, taskID string) {
	t.Helper()
	s = apptest.Start(t, apptest.Settings(t))
	file := filepath.Join(t.TempDir(), evil+".txt")
	if err := os.WriteFile(file, []byte("whatever"), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := s.IngestFile(t.Context(), file, client.IngestOptions{ContentType: "selftest", Options: option.Options{
		Remote: true,
	}})
	if err != nil {
		t.Fatal(err)
	}
	poll := client.Poll{WorkerID: evil, ContentTypes: []string{"selftest"}, MaxJobs: 1, Wait: 30 * time.Second}
	for len(jobID) == 0 {
		got, err := s.Poll(t.Context(), poll)
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range got.Jobs {
			jobID = *j.JobID
		}
	}
	no := false
	result, err := json.Marshal(wire.JobResult{ErrorMessage: evil, WorkerID: evil, Attempt: 1, Retryable: &no})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutResult(t.Context(), jobID, strings.NewReader(string(result)), int64(len(result))); err != nil {
		t.Fatal(err)
	}
	return s, jobID, in.TaskID
}

// TestHostileStrings: whatever somebody has chosen is text on a page.
func TestHostileStrings(t *testing.T) {
	t.Parallel()
	s, jobID, taskID := hostile(t)
	b := newBrowser(t, s)
	chosen := url.QueryEscape(evil)
	for _, path := range []string{
		"/ui", "/ui/jobs", "/ui/jobs?worker_id=" + chosen, "/ui/jobs?content_type=selftest&id_prefix=" + chosen, "/ui/jobs/" + jobID,
		"/ui/ingestions", "/ui/ingestions/" + taskID, "/ui/ingestions?id_prefix=" + chosen, "/ui/ingestions/confirm?action=cancel&id=" + chosen,
		"/ui/workers", "/ui/jobs/confirm?action=cancel&id=" + chosen, "/ui/jobs/confirm?action=cancel&all=1&worker_id=" + chosen,
	} {
		if got := b.get(path); got.status != 200 || !strings.Contains(got.body, shown) {
			t.Errorf("%s does not show it: %d", path, got.status)
		}
	}
	for _, path := range []string{"/ui/jobs/" + url.PathEscape(evil), "/ui/" + url.PathEscape(evil), "/ui/jobs?status=" + chosen, "/ui/ingestions/" + url.PathEscape(evil), "/ui/ingestions?status=" + chosen, "/ui/ingestions?cursor=" + chosen, "/ui/workers?cursor=" + chosen, "/ui/jobs?cursor=" + chosen, "/ui?span=" + chosen} {
		if got := b.get(path); got.status >= 500 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

// TestOutcomes: what a form has done, or why not, is told once on the page it leads to.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	if _, err := s.Poll(t.Context(), client.Poll{WorkerID: evil, ContentTypes: []string{"audio"}, MaxJobs: 1}); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, s)
	for _, tt := range []struct {
		do, worker, want string
		drained          bool
	}{
		{"drain", evil, `<div class="told"><p>The worker &#34;&#39;&gt;&lt;x-evil`, true},
		{"drain", "nobody", `<div class="told bad">`, true},
		{"resume", evil, `>Undo</button>`, false},
	} {
		if got := b.post("/ui/workers/"+tt.do, url.Values{"worker": {tt.worker}, "back": {"/ui?span=day"}}); got.status != 303 || got.header.Get("Location") != "/ui?span=day" {
			t.Errorf("%s %s: %d %q", tt.do, tt.worker, got.status, got.header.Get("Location"))
		}
		if got := b.get("/ui?span=day"); !strings.Contains(got.body, tt.want) {
			t.Errorf("the page does not tell %q: %s", tt.want, got.body)
		}
		if got := b.get("/ui?span=day"); strings.Contains(got.body, `class="told`) {
			t.Error("the outcome is told twice")
		}
		if w, err := s.Workers(t.Context(), client.List{}); err != nil || w.Workers[0].Drained != tt.drained {
			t.Errorf("the worker is %+v (%v)", w.Workers, err)
		}
	}
}
