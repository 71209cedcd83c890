package job_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"morag/internal/job"
)

// full is a job in which every field that a record has is set.
func full(t *testing.T) *job.Job {
	t.Helper()
	at := func(n int) time.Time { return start.Add(time.Duration(n)*time.Minute + 123456*time.Microsecond) }
	j := &job.Job{
		ID: "full-1", Status: job.Processing, Revision: 17, ContentType: "audio", IngestionTaskID: "task-1",
		Owner: "alice", Precedence: -2, Priority: -3, Attempt: 4, RetryCount: 2, MaxRetries: 5,
		CreatedAt: at(0), OpenedAt: at(1), AvailableAt: at(2), StartedAt: at(3), CompletedAt: at(4), TimeoutAt: at(5),
		TimeoutSeconds: 120, WorkerID: "wörker <1>", ClaimedBy: "gpu", ClaimID: "claim-1", AssignedWorker: "w2", AssignedAt: at(6), ConfirmedAt: at(7),
		LeaseExpiresAt: at(8), LeaseSeconds: 60,
		SourceFilePath: "/data/a & b.mp3", SourceName: "a & b.mp3", CreatedBy: "ops", Traceparent: "00-1-2-01", SourceSize: 1 << 40, SourceModified: at(9),
		SourceSHA256: strings.Repeat("ab", 32), TaskOptions: json.RawMessage(`{"language":"de","nested":{"a":[1,2.5,null]}}`),
		ErrorMessage: "line one\nline \"two\" \u2028 \x01",
		LastResult:   &job.LastResult{Attempt: 3, SHA256: strings.Repeat("cd", 32), Outcome: job.Pending, ClaimedBy: "gpu"},
		History: []job.Entry{
			{At: at(0), To: job.Pending, Reason: job.Created},
			{At: at(3), From: job.Pending, To: job.Processing, WorkerID: "w1", Reason: string(job.Claim)},
		},
		ResultData: json.RawMessage(`{"content":"x","metadata":{},"processing_time":1.5}`),
		Extra:      json.RawMessage(`"from_later":{"a":[1,"}",{"b":null}]},"also":true`),
	}
	memory := map[string]bool{"ConfirmBy": true, "Progress": true, "ProgressMessage": true}
	for i := range reflect.TypeFor[job.Job]().NumField() {
		name := reflect.TypeFor[job.Job]().Field(i).Name
		if reflect.ValueOf(*j).Field(i).IsZero() != memory[name] {
			t.Fatalf("field %s is not set, or set although memory alone holds it", name)
		}
	}
	return j
}

func TestRecordRoundTrip(t *testing.T) {
	t.Parallel()
	jobs := map[string]*job.Job{"full": full(t), "new": in(t, job.Pending).j}
	for _, s := range job.Statuses() {
		jobs[string(s)] = in(t, s).j
	}
	jobs["size unknown"] = born(t, func(s *job.Spec) { s.SourceSize = -1 }).j
	jobs["size zero"] = born(t, func(s *job.Spec) { s.SourceSize = 0 }).j
	for name, j := range jobs {
		want := j.Clone()
		want.ConfirmBy = time.Time{} // held in memory
		if got := decode(t, j); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read back as\n%+v\nwant\n%+v", name, got, want)
		}
	}
}

func TestRecordForm(t *testing.T) {
	t.Parallel()
	text := record(t, full(t))
	if value, err := json.Marshal(*full(t)); err != nil || string(value) != text {
		t.Errorf("a Job and a *Job are written differently: %v", err)
	}
	if !strings.HasPrefix(text, `{"id":"full-1","status":"processing","revision":17,`) || !strings.Contains(text, `,"result_data":{`) {
		t.Errorf("record does not begin with id, status, revision: %s", text)
	}
	for _, part := range []string{`"created_at":"2026-03-01T12:00:00.123456Z"`, `"from":null,"to":"pending","worker_id":null`} {
		if !strings.Contains(text, part) {
			t.Errorf("record has no %s: %s", part, text)
		}
	}
	// Whatever a stranger makes long, the first 4 KB hold all that a store sorts by.
	j := full(t)
	long := strings.Repeat("<", 128)
	j.ID, j.WorkerID, j.AssignedWorker, j.ContentType, j.Owner = strings.Repeat("i", 128), long, long, strings.Repeat("c", 64), strings.Repeat("o", 64)
	j.IngestionTaskID, j.SourceFilePath, j.ErrorMessage = strings.Repeat("x", 5000), strings.Repeat("y", 5000), strings.Repeat("z", 5000)
	text = record(t, j)
	for _, field := range []string{"created_at", "available_at", "timeout_at", "worker_id", "assigned_at", "confirmed_at", "lease_seconds", "last_result", "source_size"} {
		if i := strings.Index(text, `"`+field+`"`); i < 0 || i > 4000 {
			t.Errorf("%s stands at byte %d", field, i)
		}
	}
}

func TestPythonRecords(t *testing.T) {
	t.Parallel()
	created := time.Date(2024, 1, 15, 10, 30, 0, 123456000, time.UTC)
	for status, want := range map[job.Status]struct {
		task              string
		created           time.Time
		timeout           int
		worker            string
		started, complete time.Time
		attempt, retries  int
	}{
		job.Pending:    {"task-1", created.Truncate(time.Second), 1800, "", time.Time{}, time.Time{}, 0, 0},
		job.Processing: {"task-2", created, 3600, "audio-worker-1", created.Add(5 * time.Second), time.Time{}, 1, 1},
		job.Completed:  {"task-3", created, 1800, "audio-worker-1", created.Add(5 * time.Second), created.Add(50 * time.Second), 0, 0},
		job.Failed:     {"task-4", created, 1800, "audio-worker-1", created.Add(5 * time.Second), created.Truncate(time.Second).Add(50 * time.Second), 0, 3},
		job.Timeout:    {"task-5", created, 900, "audio-worker-1", created.Add(5 * time.Second), created.Add(5 * time.Second), 0, 0},
		job.Cancelled:  {"task-6", created, 3600, "", time.Time{}, created, 0, 0},
	} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join("testdata", "python", string(status)+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var j job.Job
			if err := json.Unmarshal(data, &j); err != nil {
				t.Fatal(err)
			}
			if j.Status != status || j.IngestionTaskID != want.task || j.Revision != 0 || j.WorkerID != want.worker ||
				j.Attempt != want.attempt || j.RetryCount != want.retries || j.MaxRetries != 3 || j.TimeoutSeconds != want.timeout {
				t.Errorf("read as %s", record(t, &j))
			}
			for name, pair := range map[string][2]time.Time{
				"created_at": {j.CreatedAt, want.created}, "opened_at": {j.OpenedAt, want.created}, "available_at": {j.AvailableAt, want.created},
				"started_at": {j.StartedAt, want.started}, "completed_at": {j.CompletedAt, want.complete},
				"timeout_at": {j.TimeoutAt, want.created.Add(time.Duration(want.timeout) * time.Second)},
			} {
				if !pair[0].Equal(pair[1]) {
					t.Errorf("%s is %s, want %s", name, pair[0], pair[1])
				}
			}
			if !strings.HasPrefix(j.SourceFilePath, "/srv/uploads/Grüße <") || j.SourceSize != -1 {
				t.Errorf("source is %q of %d bytes", j.SourceFilePath, j.SourceSize)
			}
			if (status == job.Completed) != strings.Contains(string(j.ResultData), "# Hello") {
				t.Errorf("result is %s", j.ResultData)
			}
			if back := decode(t, &j); record(t, back) != record(t, &j) {
				t.Errorf("written and read again it is %s", record(t, back))
			}
		})
	}
}

// A job that the original left behind goes on as one of ours.
func TestPythonJobsGoOn(t *testing.T) {
	t.Parallel()
	read := func(status job.Status) *lifecycle {
		data, err := os.ReadFile(filepath.Join("testdata", "python", string(status)+".json"))
		if err != nil {
			t.Fatal(err)
		}
		l := born(t, nil)
		if err := json.Unmarshal(data, l.j); err != nil {
			t.Fatal(err)
		}
		l.now = l.j.CreatedAt.Add(time.Minute)
		l.p.Resume(l.j, l.now)
		return l
	}
	read(job.Pending).taken(0).do(success("s")).is(job.Completed)
	read(job.Processing).do(success("s")).is(job.Completed)
	read(job.Processing).do(failure("f")).is(job.Pending)
	l := read(job.Processing).wait(30 * time.Minute)
	l.due(job.Expire).wantTime("end", l.now, l.j.CreatedAt.Add(time.Hour))
	read(job.Failed).do(plain(job.Retry)).taken(0)
	read(job.Timeout).do(plain(job.Retry)).taken(0)
	read(job.Cancelled).do(plain(job.Retry)).taken(0)
	read(job.Completed).refused(success("s"), job.ErrConflict)
}

func TestRecordRefuses(t *testing.T) {
	t.Parallel()
	good := map[string]string{"id": `"a"`, "status": `"pending"`, "created_at": `"2024-01-15T10:30:00"`}
	for name, c := range map[string]struct{ field, value, want string }{
		"no id":                 {"id", `null`, "no valid id"},
		"a path for an id":      {"id", `"../a"`, "no valid id"},
		"an unknown status":     {"status", `"retry"`, `unknown status "retry"`},
		"no status":             {"status", `null`, "unknown status"},
		"no created_at":         {"created_at", `null`, "no created_at"},
		"a time without a form": {"created_at", `"yesterday"`, `"yesterday" is not a time`},
		"a number for a time":   {"created_at", `17`, "cannot unmarshal"},
		"a year before ours":    {"created_at", `"0000-01-01T00:00:00Z"`, "is not a time"},
		"a zone into year -1":   {"created_at", `"0000-01-01T00:00:00+23:00"`, "is not a time"},
		"a year too far":        {"timeout_at", `"9999-12-31T23:59:59-01:00"`, "is not a time"},
		"a negative attempt":    {"attempt", `-1`, "impossible attempt -1"},
		"endless attempts":      {"attempt", `9223372036854775807`, "impossible attempt"},
		"negative retries":      {"retry_count", `-1`, "impossible retry_count"},
		"negative max_retries":  {"max_retries", `-1`, "impossible max_retries"},
		"a negative revision":   {"revision", `-1`, "negative revision"},
		"a fraction of a count": {"attempt", `1.5`, "cannot unmarshal"},
	} {
		fields := []string{}
		for field, value := range good {
			if field != c.field {
				fields = append(fields, `"`+field+`":`+value)
			}
		}
		text := "{" + strings.Join(append(fields, `"`+c.field+`":`+c.value), ",") + "}"
		var j job.Job
		if err := json.Unmarshal([]byte(text), &j); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func TestRecordIsMended(t *testing.T) {
	t.Parallel()
	read := func(fields string) *job.Job {
		var j job.Job
		if err := json.Unmarshal([]byte(`{"id":"a","content_type":"image","created_at":"2024-01-15 10:30:00+02:00",`+fields+`}`), &j); err != nil {
			t.Fatalf("%s: %v", fields, err)
		}
		return &j
	}
	if j := read(`"status":"pending","worker_id":"w1","started_at":"2024-01-15T10:30:00","lease_expires_at":"2024-01-15T10:30:00"`); j.WorkerID != "" ||
		!j.StartedAt.IsZero() || !j.LeaseExpiresAt.IsZero() || j.CreatedAt.Hour() != 8 || j.TimeoutSeconds != 300 || !j.TimeoutAt.Equal(j.CreatedAt.Add(5*time.Minute)) {
		t.Errorf("pending and held: %s", record(t, j))
	}
	if j := read(`"status":"processing","timeout_at":"2024-01-15T08:00:00"`); j.Attempt != 1 || !j.StartedAt.Equal(j.CreatedAt) || j.ConfirmedAt.IsZero() || j.TimeoutSeconds != 300 {
		t.Errorf("processing without a start: %s", record(t, j))
	}
	if j := read(`"status":"processing","revision":2`); !j.ConfirmedAt.IsZero() {
		t.Errorf("ours, not confirmed: %s", record(t, j))
	}
	if j := read(`"status":"pending","timeout_seconds":1000000000000,"max_retries":1000000,"lease_seconds":-5,"source_size":-9`); j.TimeoutSeconds != int(job.MaxTimeout/time.Second) ||
		j.MaxRetries != job.MaxRetryLimit || j.LeaseSeconds != 0 || j.SourceSize != -1 {
		t.Errorf("out of bounds: %s", record(t, j))
	}
	if j := read(`"status":"pending","timeout_at":"9998-12-31T00:00:00"`); j.TimeoutSeconds != int(job.MaxTimeout/time.Second) {
		t.Errorf("a timeout of millennia: %s", record(t, j))
	}
	steps := strings.Repeat(`{"to":"pending","reason":"x"},`, 80)
	if j := read(`"status":"pending","history":[` + steps + `{"to":"pending","reason":"last"}]`); len(j.History) != job.MaxHistory || j.History[job.MaxHistory-1].Reason != "last" {
		t.Errorf("long history: %d steps", len(j.History))
	}
}

func TestValidID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]bool{
		"a": true, "A-1_b": true, strings.Repeat("x", 128): true, "": false, strings.Repeat("x", 129): false,
		"a/b": false, "..": false, "a.json": false, "a\n": false, "ä": false, "a\x00": false,
	} {
		if job.ValidID(id) != want {
			t.Errorf("ValidID(%q) is %v", id, !want)
		}
	}
}
