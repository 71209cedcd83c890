package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/option"
)

// jobIn makes a job and brings it to a status.
func (f *farm) jobIn(status string) string {
	f.t.Helper()
	id := f.create("type-" + status)
	at := jobsPath + "/" + id
	if status == "cancelled" {
		f.says(200, f.admin, "POST", at+"/cancel", "")
	}
	if status == "pending" || status == "cancelled" {
		return id
	}
	if p := f.claim(f.first, "w1", "type-"+status); p.JobID != id {
		f.t.Fatalf("claimed %s, want %s", p.JobID, id)
	}
	switch status {
	case "completed":
		f.says(200, f.first, "PUT", at+"/result", `{"success": true, "content": "words", "worker_id": "w1", "attempt": 1}`)
	case "failed":
		f.says(200, f.first, "PUT", at+"/result", `{"success": false, "error_message": "no", "retryable": false, "worker_id": "w1", "attempt": 1}`)
	}
	return id
}

// TestConflictsOfJobs makes every call that changes a job in every status: what is refused
// is told with the status and what it takes instead.
func TestConflictsOfJobs(t *testing.T) {
	t.Parallel()
	const (
		cancel, retry, reassign, release = "POST /cancel", "POST /retry", "POST /reassign", "POST /release"
		beat, good, other                = "POST /heartbeat", "PUT /result", "PUT /result, other bytes"
		onlyRetry                        = ": only failed, timed out and cancelled jobs can be retried"
		onlyReassign                     = ": only pending, processing, failed and timed out jobs can be reassigned"
		onlyCancel                       = ": only pending and processing jobs can be cancelled"
		onlyRelease                      = ": only processing jobs can be released"
		onlyResult                       = ": only processing jobs take a result"
		onlyBeat                         = ": only processing jobs are worked on"
		notHeld                          = ": it is not held by this worker and attempt"
		taken                            = ": it has taken another result of this attempt"
	)
	want := map[string]map[string]string{ // "" for what is done
		"pending": {
			cancel: "", retry: "the job is pending already" + onlyRetry, reassign: "", release: "the job is pending" + notHeld,
			beat: "the job is pending" + notHeld, good: "the job is pending" + notHeld,
		},
		"processing": {cancel: "", retry: "the job is processing" + onlyRetry, reassign: "", release: "", beat: "", good: ""},
		"completed": {
			cancel: "the job is completed" + onlyCancel, retry: "the job is completed" + onlyRetry, reassign: "the job is completed" + onlyReassign,
			release: "the job is completed" + onlyRelease, beat: "the job is completed" + onlyBeat, good: "", other: "the job is completed" + taken,
		},
		"failed": {
			cancel: "the job is failed" + onlyCancel, retry: "", reassign: "", release: "the job is failed" + onlyRelease,
			beat: "the job is failed" + onlyBeat, good: "the job is failed" + taken,
		},
		"cancelled": {
			cancel: "", retry: "", reassign: "the job is cancelled" + onlyReassign, release: "the job is cancelled" + notHeld,
			beat: "the job is cancelled" + notHeld, good: "the job is cancelled" + onlyResult,
		},
	}
	bodies := map[string]string{
		cancel: "", retry: "", reassign: `{"worker_id": "w2"}`, release: `{"worker_id": "w1", "attempt": 1}`, beat: `{"worker_id": "w1", "attempt": 1}`,
		good:  `{"success": true, "content": "words", "worker_id": "w1", "attempt": 1}`,
		other: `{"success": true, "content": "other words", "worker_id": "w1", "attempt": 1}`,
	}
	f := newFarm(t, func(s *config.Server) { s.RateLimit = 0 })
	for status, calls := range want {
		for call, sentence := range calls {
			id := f.jobIn(status)
			method, path, _ := strings.Cut(strings.TrimSuffix(call, ", other bytes"), " ")
			key := f.first
			if call == cancel || call == retry || call == reassign {
				key = f.admin
			}
			got := with(t, f.Server, key, method, jobsPath+"/"+id+path, bodies[call])
			if sentence == "" && got.status != 200 || sentence != "" && (got.status != 409 || detail(t, got) != sentence) {
				t.Errorf("%s of a job that is %s: %d %s, want %q", call, status, got.status, got.body, sentence)
			}
			with(t, f.Server, f.admin, "POST", jobsPath+"/"+id+"/cancel", "") // out of the way
		}
	}
}

func detail(t *testing.T, a answer) string {
	t.Helper()
	var body struct {
		Detail string `json:"detail"`
	}
	if err := json.Unmarshal([]byte(a.body), &body); err != nil {
		t.Fatal(err)
	}
	return body.Detail
}

// TestConflictsOfTasks does so with tasks and with a job whose task is over.
func TestConflictsOfTasks(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	ask := func(method, path string, status int, want string) {
		t.Helper()
		got := with(t, s, "", method, path, "")
		if got.status != status || want != "" && detail(t, got) != want {
			t.Errorf("%s %s: %d %s, want %d %q", method, path, got.status, got.body, status, want)
		}
	}
	done := store(t, s.Client, "words", client.IngestOptions{}).TaskID
	made, err := s.IngestFile(t.Context(), saved(t, "sound"), client.IngestOptions{ContentType: "selftest", Options: option.Options{
		Remote: true, NoFallback: true, Webhook: &option.Webhook{URL: "https://example.org/hook"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	waits := made.TaskID

	ask("DELETE", "/api/v1/ingest/"+done, 409, "the task is SUCCESS: only tasks that have not ended can be called off")
	ask("POST", "/api/v1/tasks/"+done+"/retry", 409, "the task is SUCCESS: only tasks that have failed can be retried")
	ask("POST", "/api/v1/tasks/"+done+"/redeliver", 409, "the task has no webhook that could be told")
	waiting := ""
	for waiting == "" {
		status, err := s.Task(t.Context(), waits)
		if err != nil {
			t.Fatal(err)
		}
		if status.RemoteJobID != nil && status.Status == "PROGRESS" {
			waiting = *status.RemoteJobID
		}
	}
	ask("POST", "/api/v1/tasks/"+waits+"/retry", 409, "the task is PROGRESS: only tasks that have failed can be retried")
	ask("POST", "/api/v1/tasks/"+waits+"/redeliver", 409, "the task is PROGRESS: its webhook is told when it ends")
	ask("DELETE", "/api/v1/ingest/"+waits, 200, "")
	ask("DELETE", "/api/v1/ingest/"+waits, 200, "")
	ask("POST", "/api/v1/tasks/"+waits+"/retry", 409, "the task is REVOKED: only tasks that have failed can be retried")
	ask("POST", jobsPath+"/"+waiting+"/retry", 409, "the job's task is REVOKED: a job can be tried again only while its task waits for it, or has failed")
}
