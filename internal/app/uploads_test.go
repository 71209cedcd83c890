package app_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/client"
)

// TestUploadsAway: a server does not start over a folder of files that is not mounted, nor
// when it is asked again, and loses none of them.
func TestUploadsAway(t *testing.T) {
	t.Parallel()
	set := apptest.Settings(t)
	uploads, away := filepath.Join(set.DataDir, "uploads"), filepath.Join(set.DataDir, "away")
	file := filepath.Join(t.TempDir(), "note.txt")
	if err := os.WriteFile(file, []byte("words"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := apptest.Start(t, set)
	made, err := s.IngestFile(t.Context(), file, client.IngestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.WaitTask(t.Context(), made.TaskID, nil); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	if err := os.Rename(uploads, away); err != nil {
		t.Fatal(err)
	}
	for _, mountpoint := range []bool{false, true, true} {
		if mountpoint {
			if err := os.MkdirAll(uploads, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if s, err := apptest.TryStart(t, set); err == nil || !strings.Contains(err.Error(), "mounted?") || !strings.Contains(err.Error(), uploads) {
			t.Errorf("started with %v (%v)", s, err)
		}
	}
	if err := os.Remove(uploads); err != nil {
		t.Fatal("something was put into the folder: ", err)
	}
	if err := os.Rename(away, uploads); err != nil {
		t.Fatal(err)
	}
	s = apptest.Start(t, set)
	docs, err := s.Documents(t.Context(), client.DocumentFilter{})
	if err != nil || len(docs.Documents) != 1 {
		t.Fatalf("%+v, %v", docs, err)
	}
	resp, err := http.Get(s.URL + client.DocumentSource(docs.Documents[0].DocumentID))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || string(text) != "words" {
		t.Errorf("%q, %v", text, err)
	}
}
