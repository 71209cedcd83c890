package job_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"morag/internal/job"
)

// FuzzRecord reads anything as a record. What can be read must be written and read
// again as the same, and must go through the table without harm.
func FuzzRecord(f *testing.F) {
	for _, s := range job.Statuses() {
		data, err := os.ReadFile(filepath.Join("testdata", "python", string(s)+".json"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"id":"a","status":"pending","created_at":"2024-01-15T10:30:00","opened_at":"9999-12-31T23:59:59Z"}`))
	f.Add([]byte(`{"id":"a","status":"processing","created_at":"9999-12-31T23:59:59Z","max_retries":100,"timeout_seconds":2592000}`))
	f.Add([]byte(`{"id":"a","status":"failed","created_at":"0001-01-01T00:00:01-23:59","lease_seconds":86400,"history":[{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var j job.Job
		if json.Unmarshal(data, &j) != nil {
			return
		}
		if again := decode(t, &j); record(t, again) != record(t, &j) {
			t.Fatalf("%s\nis read again as\n%s", record(t, &j), record(t, again))
		}
		p := job.Policy{}.WithDefaults()
		now := j.CreatedAt.Add(time.Minute)
		p.Resume(&j, now)
		for _, e := range job.Events() {
			next := j.Clone()
			c := job.Change{Event: e, Now: now, WorkerID: "w", Lease: time.Hour, Attempt: j.Attempt, Digest: "d", Result: json.RawMessage(`{}`)}
			if e != job.Claim {
				c.WorkerID = j.LastHolder()
			}
			if p.Apply(next, c) == nil {
				next = decode(t, next)
			}
			p.Due(next)
			p.Opens(next)
		}
	})
}
