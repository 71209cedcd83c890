package app_test

import (
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/option"
)

// Passwords and the secrets of webhooks are readable nowhere in the data folder, neither
// while they are needed nor after; a restart goes on with them; of a password nothing is left
// when the task is done.
func TestDataFolderHoldsNoSecret(t *testing.T) {
	t.Parallel()
	var takes atomic.Bool
	got := make(chan http.Header, 9)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil || !takes.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		got <- r.Header
	}))
	t.Cleanup(receiver.Close)
	set := apptest.Settings(t)
	set.Engines.AllowPrivateURLs = []string{"127.0.0.1"}
	s := apptest.Start(t, set)
	secrets := []string{"open sesame 4711", "bearer-of-news-4711", "whsec_bW9yYWcgNDcxMQ=="}
	ask := client.IngestOptions{Options: option.Options{
		Conversion: option.Conversion{Password: secrets[0]},
		Webhook:    &option.Webhook{URL: receiver.URL, AuthToken: secrets[1], Secret: secrets[2]},
	}}
	in, err := s.IngestFile(t.Context(), write(t, "note.txt", "The heron fishes at dawn."), ask)
	if err != nil {
		t.Fatal(err)
	}
	succeeded(t, s, in.TaskID)
	eventually(t, "the receiver has refused", func() bool {
		hook := status(t, s, in.TaskID).Webhook
		return hook != nil && len(hook.Tries) > 0
	})
	nowhere(t, set.DataDir, secrets...)

	takes.Store(true)
	s = s.Restart()
	if err := s.RedeliverTask(t.Context(), in.TaskID); err != nil {
		t.Fatal(err)
	}
	told := <-got
	if told.Get("Authorization") != "Bearer "+secrets[1] || told.Get("webhook-signature") == "" {
		t.Errorf("told without its secrets: %v", told)
	}
	eventually(t, "the delivery is noted", func() bool { return status(t, s, in.TaskID).Webhook.DeliveredAt != nil })
	s.Stop()
	nowhere(t, set.DataDir, append(secrets, `"password"`)...)
}

// nowhere tells that no file below dir holds the texts.
func nowhere(t *testing.T, dir string, texts ...string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		files++
		for _, text := range texts {
			if bytes.Contains(raw, []byte(text)) {
				t.Errorf("%s holds %q", path, text)
			}
		}
		return err
	})
	if err != nil || files < 3 {
		t.Errorf("%d files (%v)", files, err)
	}
}

// A password among the options of a job that a client makes reaches the worker, and nobody
// else: no file and no list, and not even the worker's when the job is done.
func TestJobFilesHoldNoSecret(t *testing.T) {
	t.Parallel()
	v := attacked(t, nil)
	const secret = "open sesame 4711"
	status, text := v.post("/api/v1/remote-jobs", `{"source_file_path":`+quote(v.source("talk.mp3"))+`,"content_type":"selftest",
		"ingestion_task_id":"talk","task_options":{"language":"en","password":"`+secret+`"}}`)
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, text)
	}
	nowhere(t, v.Settings.DataDir, secret)
	v.Server = v.Restart()
	got, err := v.Poll(t.Context(), client.Poll{WorkerID: "w", ContentTypes: []string{"selftest"}})
	if err != nil || string(got.TaskOptions) != `{"language":"en","password":"`+secret+`"}` {
		t.Fatalf("the worker is told %s (%v)", got.TaskOptions, err)
	}
	for _, path := range []string{"/api/v1/remote-jobs", "/api/v1/remote-jobs/" + *got.JobID, "/api/v1/remote-jobs/" + *got.JobID + "/status"} {
		if _, text := v.call(http.MethodGet, path, "", ""); strings.Contains(text, secret) {
			t.Errorf("%s shows it: %s", path, text)
		}
	}
	deliver(t, v.Server, got.Job, "The heron fishes at dawn.")
	_, text = v.call(http.MethodGet, "/api/v1/remote-jobs/"+*got.JobID, "", "")
	if strings.Contains(text, "password") || !strings.Contains(text, `"language":"en"`) {
		t.Errorf("of the job that is done is kept %s", text)
	}
	nowhere(t, v.Settings.DataDir, secret)
}
