package dashboard_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/wire"
)

// withJobs is a server with jobs of the ids a, b and c that wait for a worker.
func withJobs(t *testing.T) (s *apptest.Server, ids []string) {
	t.Helper()
	set := apptest.Settings(t)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	set.SourceDirs = []string{dir}
	s = apptest.Start(t, set)
	for _, name := range []string{"a", "b", "c"} {
		file := filepath.Join(dir, name+".dwg")
		if err := os.WriteFile(file, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := s.CreateJob(t.Context(), wire.JobCreate{SourceFilePath: file, ContentType: "drawing", IngestionTaskID: name})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, j.JobID)
	}
	return s, ids
}

// statuses are those of jobs, as the API has them.
func statuses(t *testing.T, s *apptest.Server, ids []string) (all []string) {
	t.Helper()
	for _, id := range ids {
		j, err := s.JobStatus(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, j.Status)
	}
	return all
}

func TestOneJob(t *testing.T) {
	t.Parallel()
	s, ids := withJobs(t)
	b := newBrowser(t, s)
	at := "/ui/jobs/" + ids[0]
	for _, tt := range []struct {
		do     string
		form   url.Values
		status string
		tells  string
	}{
		{"reassign", url.Values{"worker": {"gpu-2"}}, "pending", "only the worker gpu-2 gets the job"},
		{"cancel", nil, "cancelled", "The job is cancelled."},
		{"retry", nil, "pending", "waits to be tried again"},
	} {
		form := url.Values{"back": {at}}
		for name, values := range tt.form {
			form[name] = values
		}
		if got := b.post(at+"/"+tt.do, form); got.status != 303 || got.header.Get("Location") != at {
			t.Errorf("%s: %d %q", tt.do, got.status, got.header.Get("Location"))
		}
		if got := b.get(at); !strings.Contains(got.body, tt.tells) {
			t.Errorf("%s: the page does not tell %q", tt.do, tt.tells)
		}
		if got := statuses(t, s, ids[:1]); got[0] != tt.status {
			t.Errorf("%s: the job is %s", tt.do, got[0])
		}
	}
	got := b.get(at)
	for _, want := range []string{"a.dwg", "handed in", "given to another worker", ">cancelled<", "to be tried again", ids[0]} {
		if !strings.Contains(got.body, want) {
			t.Errorf("the page does not tell %q", want)
		}
	}
	if got := b.get("/ui/jobs/nothing"); got.status != 404 {
		t.Errorf("no job: %d", got.status)
	}
}

// TestManyJobs: what is chosen, or all that a filter selects, is changed once somebody has
// seen how many that are.
func TestManyJobs(t *testing.T) {
	t.Parallel()
	s, ids := withJobs(t)
	b := newBrowser(t, s)
	if got := b.get("/ui/jobs/confirm?action=cancel&id=" + ids[0] + "&id=" + ids[1]); !strings.Contains(got.body, "Cancel 2 jobs?") {
		t.Errorf("two are confirmed as %s", got.body)
	}
	if got := strings.Join(statuses(t, s, ids), " "); got != "pending pending pending" {
		t.Errorf("asked for, they are %s", got)
	}
	tells := func(want string) {
		t.Helper()
		if got := b.get("/ui/jobs"); !strings.Contains(got.body, want) {
			t.Errorf("not told: %q: %s", want, got.body)
		}
	}
	b.post("/ui/jobs/many", url.Values{"action": {"cancel"}, "id": ids[:2], "back": {"/ui/jobs"}})
	tells("2 jobs cancelled.")
	if got := strings.Join(statuses(t, s, ids), " "); got != "cancelled cancelled pending" {
		t.Errorf("they are %s", got)
	}
	b.post("/ui/jobs/many", url.Values{"action": {"cancel"}, "id": {ids[2], "nothing"}, "back": {"/ui/jobs"}})
	tells("1 job cancelled. With 1 of them it could not be done: nothing: there is no such job.")
	if got := b.get("/ui/jobs/confirm?action=retry&all=1&status=cancelled"); !strings.Contains(got.body, "Retry 3 jobs?") {
		t.Errorf("all are confirmed as %s", got.body)
	}
	const all = `action="/ui/jobs/confirm" class="bulk"`
	if got := b.get("/ui/jobs"); strings.Contains(got.body, all) {
		t.Errorf("all are offered without a filter: %s", got.body)
	}
	if _, form, _ := strings.Cut(b.get("/ui/jobs?status=cancelled").body, all); !strings.Contains(form, `name="status" value="cancelled"`) || !strings.Contains(form, ">Cancel all<") {
		t.Errorf("all are offered as %s", form)
	}
	b.post("/ui/jobs/many", url.Values{"action": {"retry"}, "all": {"1"}, "status": {"cancelled"}, "back": {"/ui/jobs"}})
	tells("3 jobs tried again.")
	if got := strings.Join(statuses(t, s, ids), " "); got != "pending pending pending" {
		t.Errorf("they are %s", got)
	}
	for query, want := range map[string]string{"action=cancel": "Choose some jobs first", "action=delete&id=a": "Action must be cancel or retry", "id=a": "Action must be"} {
		if got := b.get("/ui/jobs/confirm?" + query); got.status != 422 || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}
}

func TestJobList(t *testing.T) {
	t.Parallel()
	s, ids := withJobs(t)
	if _, err := s.Poll(t.Context(), client.Poll{WorkerID: "gpu-1", ContentTypes: []string{"drawing"}, MaxJobs: 1}); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, s)
	for query, want := range map[string]int{
		"": 3, "?status=pending": 2, "?status=processing": 1, "?status=failed": 0, "?content_type=drawing": 3, "?content_type=audio": 0,
		"?worker_id=gpu-1": 1, "?id_prefix=" + ids[1]: 1,
	} {
		got := b.get("/ui/jobs" + query)
		if n := strings.Count(got.body, `<tr id="job-`); n != want || strings.Contains(got.body, `class="empty"`) != (want == 0) {
			t.Errorf("%s has %d rows, want %d", query, n, want)
		}
	}
}
