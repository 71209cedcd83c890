package app_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// refuse sends an error result for a job.
func refuse(t *testing.T, s *apptest.Server, job wire.Job, why string) {
	t.Helper()
	body, err := json.Marshal(wire.JobResult{ErrorMessage: why, WorkerID: "w", Attempt: *job.Attempt})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutResult(t.Context(), *job.JobID, bytes.NewReader(body), int64(len(body))); err != nil {
		t.Fatal(err)
	}
}

// Of a job that failed once and was then called off, the task says that it was called off.
func TestTheReasonGivenIsWhatEndedIt(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	for given, want := range map[string]string{"": "cancelled; before that: ffmpeg is missing", "wrong file": "wrong file; before that: ffmpeg is missing"} {
		created, err := s.IngestFile(t.Context(), write(t, "talk", "sound "+given), client.IngestOptions{
			Options: option.Options{Remote: true, NoFallback: true}, ContentType: "selftest",
		})
		if err != nil {
			t.Fatal(err)
		}
		job := poll(t, s, 10*time.Second)
		refuse(t, s, job, "ffmpeg is missing")
		// While it waits for another try, the status says which, and why.
		if got := status(t, s, created.TaskID); got.Message == nil || *got.Message != "2nd try, w failed: ffmpeg is missing" {
			t.Errorf("the task that waits says %+v", got)
		}
		if _, err := s.CancelJob(t.Context(), *job.JobID, wire.JobChange{Reason: given}); err != nil {
			t.Fatal(err)
		}
		ended, err := s.WaitTask(t.Context(), created.TaskID, nil)
		if err != nil || ended.Status != "FAILURE" || ended.Error == nil || *ended.Error != "remote conversion failed: "+want {
			t.Errorf("cancelled with the reason %q: %+v, %v", given, ended, err)
		}
	}
}
