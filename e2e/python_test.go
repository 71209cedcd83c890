package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// python is Debian's own: one that stands before it in PATH may lack requests.
const python = "/usr/bin/python3"

// TestDocumentedPythonClients runs the clients of the documentation as they are: the
// upload, the worker, which fails at first, and the creator of jobs.
func TestDocumentedPythonClients(t *testing.T) {
	t.Parallel()
	mp3 := must[string](t)(recorded())
	source := must[[]byte](t)(os.ReadFile(mp3))
	sum := sha256.Sum256(source)
	want := "sha256 " + hex.EncodeToString(sum[:])
	s := serve(t, "--source-dirs", filepath.Dir(mp3), "--retry-backoff", "1")
	at := s.proxy()

	var submitted struct {
		Success    bool   `json:"success"`
		TaskID     string `json:"task_id"`
		DocumentID string `json:"document_id"`
		StatusURL  string `json:"status_url"`
	}
	out := script(t, "upload.py", at, mp3)
	if err := json.Unmarshal(out, &submitted); err != nil || !submitted.Success || submitted.TaskID == "" {
		t.Fatalf("the upload is answered with %s (%v)", out, err)
	}
	if _, err := get(s.url + submitted.StatusURL); err != nil {
		t.Errorf("status_url %q: %v", submitted.StatusURL, err)
	}

	log := background(t, "worker.py", at, filepath.Join(t.TempDir(), "failed-once"))
	result := s.succeeded(submitted.TaskID)
	if result.ProcessingMethod != "remote" || result.Metadata.Get("duration") != 120.5 || result.ProcessingTime != 45.2 {
		t.Errorf("result %+v", result)
	}
	if text := s.text(submitted.DocumentID); !strings.Contains(text, want) {
		t.Errorf("the text is %q, want %s in it", text, want)
	}
	if !s.finds("hummingbird", submitted.DocumentID) {
		t.Error("a search for what the worker sent does not find it")
	}
	job, err := s.Job(t.Context(), deref(s.ended(submitted.TaskID).RemoteJobID))
	if err != nil {
		t.Fatal(err)
	}
	if job.Status != "completed" || job.RetryCount != 1 || deref(job.WorkerID) != "audio-worker-1" {
		t.Errorf("job %s after %d retries by %s\n%s", job.Status, job.RetryCount, deref(job.WorkerID), log())
	}

	var status struct {
		Status string `json:"status"`
		Result struct {
			Content string `json:"content"`
		} `json:"result_data"`
	}
	out = script(t, "creator.py", at, mp3)
	if err := json.Unmarshal(out, &status); err != nil || status.Status != "completed" || !strings.Contains(status.Result.Content, want) {
		t.Errorf("the created job ended with %s (%v)\n%s", out, err, log())
	}
}

func command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), python, append([]string{filepath.Join("testdata", name)}, args...)...)
	cmd.Env = append(os.Environ(), "NO_PROXY=*") // requests would ask a proxy even for this machine
	return cmd
}

func script(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	cmd := command(t, name, args...)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", name, err, out, &complaints)
	}
	return out
}

// background starts a script that never ends; the answer reads what it has printed.
func background(t *testing.T, name string, args ...string) (printed func() string) {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(t, name, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		log.Close()
	})
	return func() string { return string(must[[]byte](t)(os.ReadFile(log.Name()))) }
}
