package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/wire"
)

// upload posts a form with a file under an Idempotency-Key.
func upload(t *testing.T, s *apptest.Server, at, key, text string, fields map[string]string) answer {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", "note.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(part, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return ask(t, s, "POST", at, w.FormDataContentType(), body.String(), "Idempotency-Key", key)
}

// made is the id of what a call created.
func (a answer) made(t *testing.T, field string) string {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal([]byte(a.body), &body); err != nil || a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	id, _ := body[field].(string)
	return id
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	ingest := `{"mode": "ingest", "source_type": "file"}`
	for at, fields := range map[string]map[string]string{"/api/v1/ingest/file": {}, "/api/v1/process": {"request_data": ingest}} {
		first := upload(t, s, at, "key-1", "one"+at, fields).made(t, "task_id")
		if again := upload(t, s, at, "key-1", "one"+at, fields).made(t, "task_id"); again != first {
			t.Errorf("%s: the same again made task %s, after %s", at, again, first)
		}
		upload(t, s, at, "key-1", "two"+at, fields).refused(t, at+" with another file", 422)
		other := map[string]string{"language": "en"}
		for k, v := range fields {
			other[k] = v
		}
		upload(t, s, at, "key-1", "one"+at, other).refused(t, at+" with another field", 422)
		if second := upload(t, s, at, "key-2", "one"+at, fields).made(t, "task_id"); second == first {
			t.Errorf("%s: another key got the same task", at)
		}
		upload(t, s, at, strings.Repeat("k", 256), "three"+at, fields).refused(t, at+" with a long key", 400)
	}
	stored := upload(t, s, "/api/v1/ingest/file", "", "a source for jobs", map[string]string{"document_id": "source"}).made(t, "task_id")
	if _, err := s.WaitTask(t.Context(), stored, nil); err != nil {
		t.Fatal(err)
	}
	document, err := s.Document(t.Context(), "source")
	if err != nil || document.SourceRef == nil {
		t.Fatalf("document %+v, %v", document, err)
	}
	create := func(priority int) answer {
		body := fmt.Sprintf(`{"source_file_path": %q, "content_type": "selftest", "ingestion_task_id": "t", "priority": %d}`, *document.SourceRef, priority)
		return ask(t, s, "POST", "/api/v1/remote-jobs/", jsonType, body, "Idempotency-Key", "key-1")
	}
	first := create(0).made(t, "job_id")
	if again := create(0).made(t, "job_id"); again != first {
		t.Errorf("the same again made job %s, after %s", again, first)
	}
	create(1).refused(t, "another job under the same key", 422)
}

func TestUploadOverItsLimitLeavesNothing(t *testing.T) {
	t.Parallel()
	settings := apptest.Settings(t)
	settings.MaxUploadSize = 1 << 20
	s := apptest.Start(t, settings)
	upload(t, s, "/api/v1/ingest/file", "", strings.Repeat("x", 1<<20+1), nil).refused(t, "a large file", http.StatusRequestEntityTooLarge)
	upload(t, s, "/api/v1/ingest/file", "", "x", map[string]string{"chunk_size": "1"}).refused(t, "a wrong option", 422)
	if n := files(t, filepath.Join(settings.DataDir, "uploads")); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

// TestResultOverItsLimitEndsTheJob: it would be as large at the next try.
func TestResultOverItsLimitEndsTheJob(t *testing.T) {
	t.Parallel()
	settings := apptest.Settings(t)
	settings.MaxResultSize = 1 << 10
	settings.SourceDirs = []string{t.TempDir()}
	s := apptest.Start(t, settings)
	source := filepath.Join(settings.SourceDirs[0], "talk.mp3")
	if err := os.WriteFile(source, []byte("sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	created, err := s.CreateJob(t.Context(), wire.JobCreate{SourceFilePath: source, ContentType: "selftest", IngestionTaskID: "task"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Poll(t.Context(), client.Poll{WorkerID: "w", ContentTypes: []string{"selftest"}, MaxJobs: 1, Lease: time.Minute}); err != nil {
		t.Fatal(err)
	}
	at := "/api/v1/remote-jobs/" + created.JobID + "/result"
	large := fmt.Sprintf(`"success": true, "content": %q}`, strings.Repeat("x", 1<<10))
	ask(t, s, "PUT", at, jsonType, `{"worker_id": "stranger", "attempt": 1, `+large).refused(t, "a stranger's", http.StatusRequestEntityTooLarge)
	if now, err := s.JobStatus(t.Context(), created.JobID); err != nil || now.Status != "processing" {
		t.Errorf("after a stranger's result the job is %s, %v", now.Status, err)
	}
	ask(t, s, "PUT", at, jsonType, `{"worker_id": "w", "attempt": 1, `+large).refused(t, "the holder's", http.StatusRequestEntityTooLarge)
	now, err := s.JobStatus(t.Context(), created.JobID)
	if err != nil || now.Status != "failed" || now.ErrorMessage == nil || !strings.Contains(*now.ErrorMessage, "MORAG_MAX_RESULT_SIZE") {
		t.Errorf("the job is %+v, %v; want failed, with the setting in its message", now, err)
	}
}

func TestRangesOfAFile(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	stored := upload(t, s, "/api/v1/ingest/file", "", "0123456789", map[string]string{"document_id": "digits"}).made(t, "task_id")
	if _, err := s.WaitTask(t.Context(), stored, nil); err != nil {
		t.Fatal(err)
	}
	const at = "/api/v1/documents/digits/source"
	whole := ask(t, s, "GET", at, "", "")
	if whole.status != http.StatusOK || whole.body != "0123456789" {
		t.Errorf("%d %q", whole.status, whole.body)
	}
	if part := ask(t, s, "GET", at, "", "", "Range", "bytes=7-"); part.status != http.StatusPartialContent || part.body != "789" {
		t.Errorf("%d %q", part.status, part.body)
	}
	if same := ask(t, s, "GET", at, "", "", "If-None-Match", whole.header.Get("ETag")); same.status != http.StatusNotModified {
		t.Errorf("unchanged: %d", same.status)
	}
	changed := ask(t, s, "GET", at, "", "", "If-Match", `"another"`)
	changed.refused(t, "another file", http.StatusPreconditionFailed)
	for _, wrong := range []string{"bytes=10-", "bytes=5-2", "lines=1-2"} {
		past := ask(t, s, "GET", at, "", "", "Range", wrong)
		past.refused(t, wrong, http.StatusRequestedRangeNotSatisfiable)
	}
	if past := ask(t, s, "GET", at, "", "", "Range", "bytes=10-"); past.header.Get("Content-Range") != "bytes */10" {
		t.Errorf("Content-Range %q of a range that is not there", past.header.Get("Content-Range"))
	}
}

// files counts the files of a folder.
func files(t *testing.T, dir string) int {
	t.Helper()
	n := 0
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && filepath.Ext(entry.Name()) != ".lock" {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
