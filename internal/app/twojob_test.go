package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"testing"

	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/wire"
)

// A worker polls at one server and does all the rest at the other.
func TestTwoServersAreOneToAWorker(t *testing.T) {
	t.Parallel()
	s := startTwo(t, nil)
	created := remotely(t, s.a, "sound")
	job := claimed(t, s.b, "w")

	for _, server := range []string{s.a.URL, s.b.URL} {
		resp, err := http.Get(server + *job.SourceFileURL)
		if err != nil {
			t.Fatal(err)
		}
		source, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || string(source) != "sound" {
			t.Errorf("download by its token: %d %q (%v)", resp.StatusCode, source, err)
		}
	}
	if beat(t, s.a, "w", job, 0.5) {
		t.Fatal("told to stop")
	}
	eventually(t, "the progress is seen at the other server", func() bool {
		record, err := s.b.JobStatus(t.Context(), *job.JobID)
		return err == nil && record.Progress == 0.5
	})
	if got := status(t, s.b, created.TaskID); got.Status != "PROGRESS" || got.Progress != 0.5 {
		t.Errorf("the task is %s at %v, want the worker's half of 0.3 to 0.7", got.Status, got.Progress)
	}
	deliver(t, s.a, job, "words of the worker")
	if result := succeeded(t, s.b, created.TaskID); result.ProcessingMethod != "remote" {
		t.Errorf("result %+v", result)
	}
}

func TestTwoServersHandOutEachJobOnce(t *testing.T) {
	t.Parallel()
	s := startTwo(t, nil)
	const jobs = 20
	for i := range jobs {
		remotely(t, s.a, fmt.Sprint("sound ", i))
	}
	eventually(t, "all jobs are there", func() bool {
		page, err := s.b.Jobs(t.Context(), client.JobFilter{Status: "pending"})
		return err == nil && len(page.Jobs) == jobs
	})
	var mu sync.Mutex
	handed := map[string]int{}
	var polls sync.WaitGroup
	for i := range 2 * jobs {
		at := s.a
		if i%2 == 1 {
			at = s.b
		}
		polls.Go(func() {
			found, err := at.Poll(t.Context(), client.Poll{WorkerID: fmt.Sprint("w", i), ContentTypes: []string{"selftest"}, MaxJobs: 1})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for _, job := range found.Jobs {
				handed[*job.JobID]++
			}
		})
	}
	polls.Wait()
	if len(handed) != jobs {
		t.Errorf("%d jobs were handed out, want %d", len(handed), jobs)
	}
	for id, n := range handed {
		if n != 1 {
			t.Errorf("job %s was handed out %d times", id, n)
		}
	}
}

// A task that is called off at one server stops the worker that speaks to the other.
func TestTwoServersRevokeTogether(t *testing.T) {
	t.Parallel()
	s := startTwo(t, nil)
	created := remotely(t, s.a, "sound")
	job := claimed(t, s.a, "w")
	if err := s.b.CancelTask(t.Context(), created.TaskID); err != nil {
		t.Fatal(err)
	}
	if !beat(t, s.a, "w", job, 0.1) {
		t.Error("the worker is not told to stop")
	}
	if got := status(t, s.a, created.TaskID); got.Status != "REVOKED" {
		t.Errorf("the task is %s", got.Status)
	}
}

// An operator retries at one server a job whose task failed at the other.
func TestTwoServersRetryTogether(t *testing.T) {
	t.Parallel()
	s := startTwo(t, nil)
	created := remotely(t, s.a, "sound")
	job := claimed(t, s.a, "w")
	fail, err := json.Marshal(wire.JobResult{Success: false, ErrorMessage: "no sound in it", WorkerID: "w", Attempt: *job.Attempt})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.b.PutResult(t.Context(), *job.JobID, bytes.NewReader(fail), int64(len(fail))); err != nil {
		t.Fatal(err)
	}
	if _, err := s.a.RetryJob(t.Context(), *job.JobID, wire.JobChange{}); err != nil {
		t.Fatal(err)
	}
	job = claimed(t, s.b, "w")
	deliver(t, s.a, job, "words at last")
	if result := succeeded(t, s.b, created.TaskID); result.ProcessingMethod != "remote" {
		t.Errorf("result %+v", result)
	}
}

// A client's own job, made at one server and done at the other, ends in one document.
func TestTwoServersAdoptAJobOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := startTwo(t, func(set *config.Server) { set.SourceDirs = []string{dir} })
	path := dir + "/talk"
	if err := os.WriteFile(path, []byte("sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.a.CreateJob(t.Context(), wire.JobCreate{SourceFilePath: path, ContentType: "selftest", IngestionTaskID: "named"}); err != nil {
		t.Fatal(err)
	}
	job := claimed(t, s.b, "w")
	deliver(t, s.b, job, "the heron fishes at dawn")
	deliver(t, s.a, job, "the heron fishes at dawn") // once more, elsewhere
	result := succeeded(t, s.a, "named")
	if result.ProcessingMethod != "remote" || !finds(t, s.b, "who fishes at dawn?", result.DocumentID) {
		t.Errorf("result %+v, or not found", result)
	}
	documents, err := s.a.Documents(t.Context(), client.DocumentFilter{})
	if err != nil || len(documents.Documents) != 1 {
		t.Errorf("%d documents (%v), want one", len(documents.Documents), err)
	}
}

// A file that only one of the machines has is copied, so that the other can hand it out.
func TestTwoServersHandOutAFileThatOneHas(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := startTwo(t, func(set *config.Server) { set.SourceDirs, set.SharedSources = []string{dir}, false })
	path := dir + "/talk"
	if err := os.WriteFile(path, []byte("sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.a.CreateJob(t.Context(), wire.JobCreate{SourceFilePath: path, ContentType: "selftest", IngestionTaskID: "named"}); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	job := claimed(t, s.b, "w")
	if job.SourceName == nil || *job.SourceName != "talk" || job.SourceSHA256 == nil {
		t.Errorf("the worker is told of %v with sum %v", job.SourceName, job.SourceSHA256)
	}
	resp, err := http.Get(s.b.URL + *job.SourceFileURL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if source, err := io.ReadAll(resp.Body); err != nil || string(source) != "sound" {
		t.Errorf("download: %d %q (%v)", resp.StatusCode, source, err)
	}
}
