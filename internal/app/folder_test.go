package app_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/client"
	"morag/internal/option"
)

// TestDataFolderIsPrivate: whatever the server writes while it works is readable by its
// user alone, and what it hands to workers holds nothing of the webhook.
func TestDataFolderIsPrivate(t *testing.T) {
	t.Parallel()
	v := attacked(t, nil)
	file := filepath.Join(t.TempDir(), "talk.mp3")
	if err := os.WriteFile(file, []byte("ID3 a talk"), 0o600); err != nil {
		t.Fatal(err)
	}
	secrets := []string{"the-path-of-the-hook", "the-token-of-the-hook", "the-secret-of-the-hook"}
	made, err := v.IngestFile(t.Context(), file, client.IngestOptions{
		Options:     option.Options{Remote: true, Webhook: &option.Webhook{URL: "https://example.org/" + secrets[0], AuthToken: secrets[1], Secret: secrets[2]}},
		ContentType: "selftest",
	})
	if err != nil {
		t.Fatal(err)
	}
	job, err := v.Poll(t.Context(), client.Poll{WorkerID: "w", ContentTypes: []string{"selftest"}, Wait: 30 * time.Second})
	if err != nil || job.JobID == nil {
		t.Fatalf("%+v, %v", job, err)
	}
	if err := v.DrainWorker(t.Context(), "w"); err != nil {
		t.Fatal(err)
	}
	apptest.CreateKey(t, v.Settings, auth.Spec{Name: "alice", Role: auth.Client})
	look := func(when string) {
		files := 0
		err := filepath.WalkDir(v.Settings.DataDir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s: %s has the mode %v", when, path, info.Mode())
			}
			if !d.Type().IsRegular() {
				return nil
			}
			files++
			if rel, _ := filepath.Rel(v.Settings.DataDir, path); filepath.Dir(filepath.Dir(rel)) != "remote_jobs" {
				return nil
			}
			raw, err := os.ReadFile(path)
			for _, secret := range secrets {
				if bytes.Contains(raw, []byte(secret)) {
					t.Errorf("%s: %s holds %s", when, path, secret)
				}
			}
			return err
		})
		if err != nil || files < 6 {
			t.Errorf("%s: %d files, %v", when, files, err)
		}
	}
	look("with a job in hand")
	result := []byte(`{"success": true, "content": "Words of a talk.", "worker_id": "w", "attempt": 1}`)
	if _, err := v.PutResult(t.Context(), *job.JobID, bytes.NewReader(result), int64(len(result))); err != nil {
		t.Fatal(err)
	}
	if _, err := v.WaitTask(t.Context(), made.TaskID, nil); err != nil {
		t.Fatal(err)
	}
	look("with a document")
}
