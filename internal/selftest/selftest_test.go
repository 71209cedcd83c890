package selftest

import (
	"context"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"morag/internal/app/apptest"
	"morag/internal/client"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// made returns the check of a report whose name holds the words.
func made(t *testing.T, r Report, words string) Check {
	t.Helper()
	for _, c := range r.Checks {
		if strings.Contains(c.Name, words) {
			return c
		}
	}
	t.Fatalf("no check is named %q", words)
	return Check{}
}

func TestASoundServerPassesAndNothingIsLeftThere(t *testing.T) {
	t.Parallel()
	server := apptest.Start(t, apptest.Settings(t))
	told := 0
	report, err := Run(t.Context(), Config{Server: server.URL, UserAgent: "test", Now: time.Now, Ended: func(Check, int, int) { told++ }})
	if err != nil || report.Err() != nil {
		t.Error(err, report.Err())
	}
	for _, c := range report.Checks {
		if c.Result != Passed {
			t.Errorf("%s: %s %s", c.Name, c.Result, c.Detail)
		}
	}
	if all := len(checksOf(All)); told != all || report.Passed != all+1 { // and the clearing up
		t.Errorf("%d checks were told of and %d passed, want %d and %d", told, report.Passed, all, all+1)
	}
	isClear(t, server)
}

// isClear looks for what a self-test may have left on the server.
func isClear(t *testing.T, server *apptest.Server) {
	t.Helper()
	documents, err := server.Documents(t.Context(), client.DocumentFilter{})
	if err != nil || len(documents.Documents) != 0 {
		t.Errorf("%d documents are left, %v", len(documents.Documents), err)
	}
	active, err := server.ActiveTasks(t.Context())
	if err != nil || active.Count != 0 {
		t.Errorf("tasks %v are left, %v", active.ActiveTasks, err)
	}
	for _, status := range []string{"pending", "processing"} {
		jobs, err := server.Jobs(t.Context(), client.JobFilter{Status: status})
		if err != nil || len(jobs.Jobs) != 0 {
			t.Errorf("%d jobs are %s, %v", len(jobs.Jobs), status, err)
		}
	}
	err = filepath.WalkDir(filepath.Join(server.Settings.DataDir, "uploads"), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && filepath.Ext(path) != ".lock" {
			t.Errorf("file %s is left", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeCheckedIsSkipped(t *testing.T) {
	t.Parallel()
	settings := apptest.Settings(t)
	settings.KeepSources, settings.RemoteConversionEnabled = false, false
	server := apptest.Start(t, settings)
	report, err := Run(t.Context(), Config{Server: server.URL, Test: Lifecycle, UserAgent: "test", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if c := made(t, report, "created, claimed"); c.Result != Skipped || !strings.Contains(c.Detail, "MORAG_KEEP_SOURCES") {
		t.Errorf("without a source: %+v", c)
	}
	if c := made(t, report, "remote job's result"); c.Result != Skipped || !strings.Contains(c.Detail, "MORAG_REMOTE_CONVERSION_ENABLED") {
		t.Errorf("without remote conversion: %+v", c)
	}
	if report.Failed != 0 || report.Passed != 1 { // the clearing up
		t.Errorf("%d passed, %d failed", report.Passed, report.Failed)
	}
	if slices.ContainsFunc(report.Checks, func(c Check) bool { return c.Group == API }) {
		t.Error("checks were made that were not asked for")
	}
}

func TestSourceOfTheOperator(t *testing.T) {
	t.Parallel()
	settings := apptest.Settings(t)
	settings.KeepSources = false
	settings.SourceDirs = []string{t.TempDir()}
	source := filepath.Join(settings.SourceDirs[0], "talk.mp3")
	if err := os.WriteFile(source, []byte("sound, or what is taken for it"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := apptest.Start(t, settings)
	for name, want := range map[string]Result{source: Passed, source + ".none": Failed} {
		c := single(t, server.URL, name, "created, claimed")
		if c.Result != want || want == Failed && !strings.Contains(c.Detail, "--source") {
			t.Errorf("with --source %s: %+v", name, c)
		}
	}
	if _, err := os.Stat(source); err != nil {
		t.Errorf("the operator's file is gone: %v", err)
	}
}

// single makes one check of a server, and clears up.
func single(t *testing.T, url, source, words string) Check {
	t.Helper()
	p, err := newProbe(Config{Server: url, Source: source, UserAgent: "test", Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	for _, c := range checksOf(All) {
		if strings.Contains(c.name, words) {
			made := p.one(t.Context(), c)
			_ = p.clean(context.WithoutCancel(t.Context())) // a server that lies may not let it
			return made
		}
	}
	t.Fatalf("no check is named %q", words)
	return Check{}
}

func TestAServerThatIsNotThereIsSaidOnce(t *testing.T) {
	t.Parallel()
	report, err := Run(t.Context(), Config{Server: "http://127.0.0.1:1", UserAgent: "test", Now: time.Now})
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") || len(report.Checks) != 0 {
		t.Errorf("error %v, %d checks", err, len(report.Checks))
	}
}

func TestAnUnknownTestIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := Run(t.Context(), Config{Server: "http://127.0.0.1:1", Test: "everything", Now: time.Now}); err == nil || !strings.Contains(err.Error(), "--test") {
		t.Errorf("error %v", err)
	}
}

func TestInterruptedItClearsUpAllTheSame(t *testing.T) {
	t.Parallel()
	server := apptest.Start(t, apptest.Settings(t))
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	report, err := Run(ctx, Config{Server: server.URL, UserAgent: "test", Now: time.Now, Ended: func(_ Check, done, _ int) {
		if done == 8 {
			interrupt()
		}
	}})
	if err == nil {
		t.Error("an interrupted run is no error")
	}
	if c := made(t, report, "is removed"); c.Result != Passed {
		t.Errorf("clearing up: %+v", c)
	}
	isClear(t, server)
}

// Whoever interrupts does not wait for what is being made.
func TestInterruptedWhileSomethingIsMadeItClearsUpAllTheSame(t *testing.T) {
	t.Parallel()
	server := apptest.Start(t, apptest.Settings(t))
	behind, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/v1/remote-jobs/", "/api/v1/ingest/file"} {
		ctx, interrupt := context.WithCancel(t.Context())
		forward := httputil.NewSingleHostReverseProxy(behind)
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost && r.URL.Path == path {
				interrupt()
			}
			forward.ServeHTTP(w, r.WithContext(context.WithoutCancel(r.Context())))
		}))
		report, err := Run(ctx, Config{Server: front.URL, UserAgent: "test", Now: time.Now})
		if err == nil {
			t.Errorf("%s: an interrupted run is no error", path)
		}
		if c := made(t, report, "is removed"); c.Result != Passed {
			t.Errorf("%s: clearing up: %+v", path, c)
		}
		front.Close() // once all is answered
		isClear(t, server)
	}
}

func TestReportErr(t *testing.T) {
	t.Parallel()
	pass, fail, skipped := Check{Group: API, Result: Passed}, Check{Group: API, Result: Failed}, Check{Group: Lifecycle, Result: Skipped}
	for name, c := range map[string]struct {
		report Report
		want   string
	}{
		"all passed":        {Report{Passed: 1, Checks: []Check{pass}}, ""},
		"one failed":        {Report{Passed: 1, Failed: 1, Checks: []Check{pass, fail}}, "1 of 2"},
		"a group skipped":   {Report{Passed: 1, Skipped: 1, Checks: []Check{pass, skipped}}, "lifecycle"},
		"some of it passed": {Report{Passed: 1, Skipped: 1, Checks: []Check{{Group: Lifecycle, Result: Passed}, skipped}}, ""},
	} {
		err := c.report.Err()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
	}
}
