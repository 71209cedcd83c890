package api_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/auth"
	"morag/internal/config"
)

// farm is a server with an admin, two worker keys, and a file for jobs to name.
type farm struct {
	*apptest.Server
	t              *testing.T
	admin          string
	first, second  string
	source, secret string
}

func newFarm(t *testing.T, change func(*config.Server)) *farm {
	t.Helper()
	set := apptest.Settings(t)
	dir := t.TempDir()
	set.SourceDirs = []string{dir}
	if change != nil {
		change(&set)
	}
	f := &farm{t: t, source: filepath.Join(dir, "talk.txt"), secret: "what was said"}
	if err := os.WriteFile(f.source, []byte(f.secret), 0o600); err != nil {
		t.Fatal(err)
	}
	f.admin = apptest.CreateKey(t, set, auth.Spec{Name: "ops", Role: auth.Admin})
	f.first = apptest.CreateKey(t, set, auth.Spec{Name: "first", Role: auth.Worker})
	f.second = apptest.CreateKey(t, set, auth.Spec{Name: "second", Role: auth.Worker})
	f.Server = apptest.Start(t, set)
	return f
}

// says makes a call and checks its status.
func (f *farm) says(want int, key, method, path, body string) answer {
	f.t.Helper()
	got := with(f.t, f.Server, key, method, path, body)
	if got.status != want {
		f.t.Fatalf("%s %s: %d %s, want %d", method, path, got.status, got.body, want)
	}
	return got
}

const jobsPath = "/api/v1/remote-jobs"

// create makes a job of a type.
func (f *farm) create(contentType string) string {
	f.t.Helper()
	var made struct {
		JobID string `json:"job_id"`
	}
	body := fmt.Sprintf(`{"source_file_path": %q, "content_type": %q, "ingestion_task_id": "task-%s-%d"}`, f.source, contentType, contentType, time.Now().UnixNano())
	decode(f.t, f.says(200, f.admin, "POST", jobsPath, body), &made)
	return made.JobID
}

func decode(t *testing.T, a answer, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
}

type polled struct {
	JobID         string `json:"job_id"`
	SourceFileURL string `json:"source_file_url"`
	Attempt       int    `json:"attempt"`
}

func (f *farm) claim(key, workerID, contentType string) polled {
	f.t.Helper()
	var p polled
	decode(f.t, f.says(200, key, "GET", jobsPath+"/poll?wait=20&lease=60&worker_id="+workerID+"&content_types="+contentType, ""), &p)
	if p.JobID == "" {
		f.t.Fatalf("%s got no %s job", workerID, contentType)
	}
	return p
}

func TestAnotherKeyCannotTouchAJobInHand(t *testing.T) {
	t.Parallel()
	f := newFarm(t, nil)
	id := f.create("type-a")
	p := f.claim(f.first, "w1", "type-a")
	at := jobsPath + "/" + id
	result := fmt.Sprintf(`{"success": true, "content": "forged", "worker_id": "w1", "attempt": %d}`, p.Attempt)
	for _, tt := range []struct{ what, method, path, body string }{
		{"result", "PUT", at + "/result", result},
		{"result that names nobody", "PUT", at + "/result", `{"success": true, "content": "forged"}`},
		{"result with the attempt alone", "PUT", at + "/result", `{"success": true, "content": "forged", "attempt": 1}`},
		{"error result", "PUT", at + "/result", `{"success": false, "error_message": "forged", "attempt": 1, "retryable": false}`},
		{"heartbeat", "POST", at + "/heartbeat", `{"worker_id": "w1", "attempt": 1}`},
		{"heartbeat as itself", "POST", at + "/heartbeat", `{"worker_id": "w2"}`},
		{"release", "POST", at + "/release", `{"worker_id": "w1"}`},
		{"release that names nobody", "POST", at + "/release", `{}`},
		{"download", "GET", at + "/download", ""},
		{"poll in its name", "GET", jobsPath + "/poll?worker_id=w1&content_types=type-a", ""},
	} {
		with(t, f.Server, f.second, tt.method, tt.path, tt.body).refused(t, tt.what+" by another key", 403)
	}
	for _, tt := range []struct{ what, method, path, body string }{
		{"result", "PUT", at + "/result", result},
		{"heartbeat", "POST", at + "/heartbeat", `{"worker_id": "w1"}`},
		{"download", "GET", at + "/download", ""},
	} {
		with(t, f.Server, f.admin, tt.method, tt.path, tt.body).refused(t, tt.what+" by an admin who does not hold it", 403)
	}
	// A worker of another type knows nothing of it; one of the same type that it is there.
	with(t, f.Server, f.second, "GET", at+"/status", "").refused(t, "status, other type", 404)
	f.says(200, f.second, "GET", jobsPath+"/poll?worker_id=w2&content_types=type-a", "")
	f.says(200, f.second, "GET", at+"/status", "")

	// The holder, as the server has it, is unharmed.
	if got := f.says(200, f.first, "GET", at+"/download", ""); got.body != f.secret {
		t.Errorf("downloaded %q", got.body)
	}
	f.says(200, f.first, "POST", at+"/heartbeat", `{"worker_id": "w1", "attempt": 1}`)
	good := `{"success": true, "content": "genuine", "worker_id": "w1", "attempt": 1}`
	f.says(200, f.first, "PUT", at+"/result", good)
	f.says(200, f.first, "PUT", at+"/result", good)
	with(t, f.Server, f.second, "PUT", at+"/result", good).refused(t, "the same result by another key", 403)
	with(t, f.Server, f.second, "PUT", at+"x/result", good).refused(t, "no such job, another's worker_id", 403)
	with(t, f.Server, f.second, "PUT", at+"x/result", `{"success": true, "content": ""}`).refused(t, "no such job", 404)

	for key, sees := range map[string]bool{f.first: true, f.second: false, f.admin: true} {
		if got := f.says(200, key, "GET", at+"/status", ""); strings.Contains(got.body, "genuine") != sees {
			t.Errorf("the result is in the status: %v, want %v", !sees, sees)
		}
	}
}

func TestOneKeyRunsSeveralWorkers(t *testing.T) {
	t.Parallel()
	f := newFarm(t, nil)
	f.create("type-a")
	f.create("type-a")
	a, b := f.claim(f.first, "w1", "type-a"), f.claim(f.first, "w2", "type-a")
	f.says(409, f.first, "POST", jobsPath+"/"+a.JobID+"/heartbeat", `{"worker_id": "w2"}`)
	f.says(200, f.first, "POST", jobsPath+"/"+a.JobID+"/heartbeat", `{"worker_id": "w1"}`)
	f.says(200, f.first, "POST", jobsPath+"/"+b.JobID+"/release", `{"worker_id": "w2"}`)
	// An operator may take it from whoever holds it.
	f.says(200, f.admin, "POST", jobsPath+"/"+a.JobID+"/release", `{}`)
}

func TestHoldersSurviveARestart(t *testing.T) {
	t.Parallel()
	f := newFarm(t, nil)
	id := f.create("type-a")
	f.claim(f.first, "w1", "type-a")
	f.Server = f.Restart()
	with(t, f.Server, f.second, "POST", jobsPath+"/"+id+"/heartbeat", `{"worker_id": "w1"}`).refused(t, "heartbeat by another key", 403)
	with(t, f.Server, f.second, "GET", jobsPath+"/poll?worker_id=w1&content_types=type-b", "").refused(t, "poll in its name", 403)
	with(t, f.Server, f.second, "PUT", jobsPath+"/"+id+"/result", `{"success": true, "content": "", "attempt": 1}`).refused(t, "result by another key", 403)
	f.says(200, f.first, "PUT", jobsPath+"/"+id+"/result", `{"success": true, "content": "x", "worker_id": "w1", "attempt": 1}`)
}

func TestDownloadTokensAreForOneAttempt(t *testing.T) {
	t.Parallel()
	f := newFarm(t, nil)
	id, other := f.create("type-a"), f.create("type-b")
	p := f.claim(f.first, "w1", "type-a")
	f.claim(f.second, "w2", "type-b")
	_, token, _ := strings.Cut(p.SourceFileURL, "?token=")

	if got := f.says(200, "", "GET", p.SourceFileURL, ""); got.body != f.secret {
		t.Errorf("with the token and no key: %q", got.body)
	}
	f.says(200, "morag_no_key", "GET", p.SourceFileURL, "") // it needs no other credential
	for what, at := range map[string]string{
		"on another job":        jobsPath + "/" + other + "/download?token=" + token,
		"with a letter changed": p.SourceFileURL[:len(p.SourceFileURL)-1] + "!",
		"cut short":             p.SourceFileURL[:len(p.SourceFileURL)-4],
		"one too many":          jobsPath + "/" + other + "/download?token=x&token=" + token,
	} {
		with(t, f.Server, "", "GET", at, "").refused(t, "the token "+what, 403)
	}
	for _, at := range []string{"/download?token=", "/download", "/status?token=" + token, "?token=" + token, "/result?token=" + token} {
		method := "GET"
		if strings.HasPrefix(at, "/result") {
			method = "PUT"
		}
		with(t, f.Server, "", method, jobsPath+"/"+id+at, "").refused(t, "no key at "+at, 401)
	}
	f.says(200, f.first, "POST", jobsPath+"/"+id+"/release", `{"worker_id": "w1"}`)
	with(t, f.Server, "", "GET", p.SourceFileURL, "").refused(t, "after the attempt", 403)
	f.claim(f.second, "w2", "type-a")
	with(t, f.Server, "", "GET", p.SourceFileURL, "").refused(t, "during the next attempt", 403)
	with(t, f.Server, f.first, "GET", p.SourceFileURL, "").refused(t, "during the next attempt, with the old key", 403)
}

func TestRevokedWorkerLosesItsJobsAndItsPoll(t *testing.T) {
	t.Parallel()
	f := newFarm(t, nil)
	id := f.create("type-a")
	p := f.claim(f.first, "w1", "type-a")
	f.says(200, f.first, "POST", jobsPath+"/"+id+"/heartbeat", `{"worker_id": "w1"}`)
	waiting := make(chan answer)
	go func() {
		waiting <- with(t, f.Server, f.first, "GET", jobsPath+"/poll?worker_id=w1&content_types=type-z&wait=60", "")
	}()
	began := time.Now()
	apptest.RevokeKey(t, f.Settings, "first")
	got := <-waiting
	got.refused(t, "the poll that waited", 401)
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("the poll ended after %s", took)
	}
	with(t, f.Server, f.first, "POST", jobsPath+"/"+id+"/heartbeat", `{"worker_id": "w1"}`).refused(t, "heartbeat", 401)

	// The waiting poll of somebody else gets the job as soon as it is requeued.
	var next polled
	decode(t, f.says(200, f.second, "GET", jobsPath+"/poll?worker_id=w2&content_types=type-a&wait=30", ""), &next)
	if next.JobID != id || next.Attempt != 2 {
		t.Fatalf("the next worker got %+v", next)
	}
	var status struct {
		RetryCount int `json:"retry_count"`
	}
	decode(t, f.says(200, f.second, "GET", jobsPath+"/"+id+"/status", ""), &status)
	if status.RetryCount != 0 {
		t.Errorf("it was counted: retry_count is %d", status.RetryCount)
	}
	with(t, f.Server, "", "GET", p.SourceFileURL, "").refused(t, "the token of the attempt before", 403)
	// Its id is free for a key that takes its place.
	f.says(200, f.second, "GET", jobsPath+"/poll?worker_id=w1&content_types=type-a", "")
}

func TestKeyIsExchangedUnderWay(t *testing.T) {
	t.Parallel()
	f := newFarm(t, nil)
	id := f.create("type-a")
	f.claim(f.first, "w1", "type-a")
	fresh := apptest.CreateKey(t, f.Settings, auth.Spec{Name: "first", Role: auth.Worker})
	f.obeys(fresh, 422) // it may poll, and says nothing
	apptest.RevokeKey(t, f.Settings, apptest.Keys(t, f.Settings)[1].ID)
	f.obeys(f.first, 401)
	f.says(200, fresh, "POST", jobsPath+"/"+id+"/heartbeat", `{"worker_id": "w1", "attempt": 1}`)
	f.says(200, fresh, "PUT", jobsPath+"/"+id+"/result", `{"success": true, "content": "x", "worker_id": "w1", "attempt": 1}`)
}

// obeys waits until the server treats a key as a change to it demands.
func (f *farm) obeys(key string, status int) {
	f.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < time.Minute; <-tick.C {
		if with(f.t, f.Server, key, "GET", jobsPath+"/poll", "").status == status {
			return
		}
	}
	f.t.Fatalf("after a minute a poll by the key does not answer %d", status)
}

func TestJobsOfKeysRevokedWhileTheServerWasDownGoBack(t *testing.T) {
	t.Parallel()
	f := newFarm(t, nil)
	id := f.create("type-a")
	f.claim(f.first, "w1", "type-a")
	f.Stop()
	apptest.RevokeKey(t, f.Settings, "first")
	f.Server = apptest.Start(t, f.Settings)
	if p := f.claim(f.second, "w2", "type-a"); p.JobID != id {
		t.Fatalf("claimed %+v", p)
	}
}

func TestFirstKeyTurnsAuthenticationOn(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	if got := with(t, s, "morag_what_ever", "GET", "/api/v1/tasks", ""); got.status != 200 {
		t.Fatalf("a key where there are none: %d %s", got.status, got.body)
	}
	waiting := make(chan answer)
	go func() {
		waiting <- with(t, s, "", "GET", jobsPath+"/poll?worker_id=w1&content_types=type-a&wait=60", "")
	}()
	key := apptest.CreateKey(t, s.Settings, auth.Spec{Name: "alice", Role: auth.Client})
	got := <-waiting
	got.refused(t, "the poll that waited without a key", 401)
	with(t, s, "", "GET", "/api/v1/tasks", "").refused(t, "without a key", 401)
	if got := with(t, s, key, "GET", "/api/v1/tasks", ""); got.status != 200 {
		t.Errorf("with the key: %d %s", got.status, got.body)
	}
	apptest.RevokeKey(t, s.Settings, "alice")
	s = s.Restart()
	with(t, s, "", "GET", "/api/v1/tasks", "").refused(t, "without a key, after all were revoked", 401)
	with(t, s, key, "GET", "/api/v1/tasks", "").refused(t, "with the revoked key", 401)
}

// The id that an operator has kept for a key's name is nobody else's: neither before it was
// used nor if another had it first, whatever is called, and after a restart.
func TestWorkerIDsAreKept(t *testing.T) {
	t.Parallel()
	f := newFarm(t, nil)
	poll := func(key, worker string) int {
		t.Helper()
		return with(t, f.Server, key, "GET", jobsPath+"/poll?worker_id="+worker+"&content_types=selftest", "").status
	}
	if got := poll(f.second, "used"); got != 200 {
		t.Fatalf("an id that is free: %d", got)
	}
	held := f.create("selftest")
	p := f.claim(f.second, "used", "selftest")
	kept := apptest.CreateKey(t, f.Settings, auth.Spec{Name: "kept", Role: auth.Worker, WorkerIDs: []string{"new", "used"}})
	f.obeys(kept, 422) // it is known, and names no worker
	call := func(key, method, path, body string) answer { return with(t, f.Server, key, method, path, body) }
	refused := func() {
		t.Helper()
		for _, worker := range []string{"new", "used"} {
			for _, key := range []string{f.first, f.second, f.admin} {
				for _, tt := range []struct{ method, path, body string }{
					{"GET", "/poll?content_types=selftest&worker_id=" + worker, ""},
					{"GET", "/poll?content_types=selftest&wait=60&lease=60&worker_id=" + worker, ""},
					{"POST", "/" + held + "/heartbeat", fmt.Sprintf(`{"worker_id":%q,"attempt":%d}`, worker, p.Attempt)},
					{"POST", "/" + held + "/release", fmt.Sprintf(`{"worker_id":%q,"attempt":%d}`, worker, p.Attempt)}, // an admin may for any
					{"PUT", "/" + held + "/result", fmt.Sprintf(`{"success":true,"content":"x","worker_id":%q,"attempt":%d}`, worker, p.Attempt)},
				} {
					if key == f.admin && strings.HasSuffix(tt.path, "/release") {
						continue
					}
					call(key, tt.method, jobsPath+tt.path, tt.body).refused(t, tt.method+" "+tt.path+" as "+worker, 403)
				}
			}
		}
	}
	refused()
	if got := poll(f.first, "free"); got != 200 {
		t.Errorf("an id that nobody has kept: %d", got)
	}
	f.Server = f.Restart()
	refused()
	for _, worker := range []string{"new", "used"} {
		if got := poll(kept, worker); got != 200 {
			t.Errorf("the key that %s is kept for: %d", worker, got)
		}
	}
	refused()
}
