package app_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/wire"
)

// TestFullJobQueue: what does not fit is refused for now, and what is there is served.
func TestFullJobQueue(t *testing.T) {
	t.Parallel()
	settings := apptest.Settings(t)
	settings.MaxPendingJobs = 1
	settings.SourceDirs = []string{t.TempDir()}
	source := filepath.Join(settings.SourceDirs[0], "talk.mp3")
	if err := os.WriteFile(source, []byte("ID3"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := apptest.Start(t, settings)
	one := wire.JobCreate{SourceFilePath: source, ContentType: "selftest", IngestionTaskID: "one"}
	two := wire.JobCreate{SourceFilePath: source, ContentType: "selftest", IngestionTaskID: "two"}
	if _, err := s.CreateJob(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	once, err := client.New(client.Config{BaseURL: s.URL, Retries: -1})
	if err != nil {
		t.Fatal(err)
	}
	var refused *client.APIError
	if _, err := once.CreateJob(t.Context(), two); !errors.As(err, &refused) || refused.Status != http.StatusServiceUnavailable || refused.RetryAfter == 0 {
		t.Errorf("a job too many: %v, want 503 with Retry-After", err)
	}
	if _, err := s.Poll(t.Context(), client.Poll{WorkerID: "w", ContentTypes: []string{"selftest"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := once.CreateJob(t.Context(), two); err != nil {
		t.Errorf("with room again: %v", err)
	}
}
