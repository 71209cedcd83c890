package app_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/wire"
)

// TestNearlyFull: a server with too little room takes nothing new, says so, and does the rest.
func TestNearlyFull(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	source := write(t, "talk.mp3", "a talk")
	set.SourceDirs = []string{filepath.Dir(source)}
	s := apptest.Start(t, set)
	ingest(t, s, write(t, "heron.txt", "The heron fishes at dawn."), client.IngestOptions{})
	if _, err := s.CreateJob(t.Context(), wire.JobCreate{IngestionTaskID: "a", SourceFilePath: source, ContentType: "selftest"}); err != nil {
		t.Fatal(err)
	}
	ready, err := s.Ready(t.Context())
	if err != nil || ready.Parts["disk"] != "ready" || ready.Parts["files"] != "ready" || ready.Parts["database"] != "ready" || len(ready.Parts) != 5 {
		t.Errorf("at first: %v (%v)", ready, err)
	}
	s.Stop()

	set.MinFreeSpace = 1 << 60
	s = apptest.Start(t, set)
	const sentence = "the server's disk is nearly full: it takes nothing new until there is room again"
	once, err := client.New(client.Config{BaseURL: s.URL, Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer once.CloseIdle()
	for what, err := range map[string]error{
		"an upload": second(once.IngestFile(t.Context(), write(t, "otter.txt", "The otter dives."), client.IngestOptions{})),
		"a job":     second(once.CreateJob(t.Context(), wire.JobCreate{IngestionTaskID: "b", SourceFilePath: source, ContentType: "selftest"})),
	} {
		if !client.IsStatus(err, http.StatusServiceUnavailable) || !strings.Contains(err.Error(), sentence) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if left, err := os.ReadDir(filepath.Join(set.DataDir, "uploads", "incoming")); err != nil || len(left) > 2 {
		t.Errorf("%d files are left of the upload (%v)", len(left), err)
	}
	if ready, err := s.Ready(t.Context()); err != nil || ready.Status != "ready" || ready.Parts["disk"] != sentence {
		t.Errorf("nearly full: %v (%v)", ready, err)
	}
	found, err := s.Search(t.Context(), wire.Search{Query: "heron"})
	if err != nil || len(found.Results) == 0 {
		t.Errorf("a search finds %v (%v)", found.Results, err)
	}
	polled, err := s.Poll(t.Context(), client.Poll{WorkerID: "w", ContentTypes: []string{"selftest"}})
	if err != nil || len(polled.Jobs) != 1 {
		t.Fatalf("a worker gets %v (%v)", polled.Jobs, err)
	}
	body := `{"success": true, "content": "done"}`
	if _, err := s.PutResult(t.Context(), *polled.Jobs[0].JobID, strings.NewReader(body), int64(len(body))); err != nil {
		t.Errorf("a worker's result: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }
