package jobtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/job"
)

// bench is what a case works with: a store and steps that must not fail.
type bench struct {
	t       *testing.T
	place   Place
	policy  job.Policy
	store   job.Store
	brought int
	marks   int
}

// pass lets time pass for the store.
func (b *bench) pass(d time.Duration) { b.place.Advance(d) }

func (b *bench) open() { b.store = b.another() }

// another opens one more store at the place of the case.
func (b *bench) another() job.Store {
	b.t.Helper()
	s, err := b.place.Open(b.policy)
	if err != nil {
		b.t.Fatalf("open: %v", err)
	}
	return s
}

func (b *bench) close() {
	if b.store == nil {
		return
	}
	if err := b.store.Close(); err != nil {
		b.t.Errorf("Close: %v", err)
	}
	b.store = nil
}

// spec is a job of type audio; its timeout is an hour.
func spec(id string) job.Spec {
	return job.Spec{ID: id, ContentType: "audio", SourceFilePath: "blob:" + id, SourceSize: 1, TaskOptions: json.RawMessage(`{"language":"en"}`)}
}

func (b *bench) create(s job.Spec) *job.Job {
	b.t.Helper()
	j, err := b.store.Create(context.Background(), s)
	if err != nil {
		b.t.Fatalf("Create %s: %v", s.ID, err)
	}
	return j
}

func (b *bench) get(id string) *job.Job {
	b.t.Helper()
	j, err := b.store.Get(context.Background(), id)
	if err != nil {
		b.t.Fatalf("Get %s: %v", id, err)
	}
	return j
}

// claim is a claim of any audio jobs; none is no failure.
func (b *bench) claim(worker string, lease time.Duration, n int) []*job.Job {
	b.t.Helper()
	jobs, err := b.store.Claim(context.Background(), job.Claimant{WorkerID: worker, Lease: lease}, []string{"audio"}, n)
	if err != nil {
		b.t.Fatalf("Claim by %s: %v", worker, err)
	}
	return jobs
}

func (b *bench) claimTypes(worker string, n int, types ...string) []*job.Job {
	b.t.Helper()
	jobs, err := b.store.Claim(context.Background(), job.Claimant{WorkerID: worker}, types, n)
	if err != nil {
		b.t.Fatalf("Claim of %q by %s: %v", types, worker, err)
	}
	return jobs
}

// none is a claim that must find nothing.
func (b *bench) none(worker string) {
	b.t.Helper()
	if got := b.claim(worker, 0, 1); len(got) != 0 {
		b.t.Fatalf("%s claimed %v, want nothing", worker, ids(got))
	}
}

// take claims exactly the job id.
func (b *bench) take(id, worker string, lease time.Duration) *job.Job {
	b.t.Helper()
	jobs := b.claim(worker, lease, 1)
	if len(jobs) != 1 || jobs[0].ID != id {
		b.t.Fatalf("Claim by %s gave %v, want %s", worker, ids(jobs), id)
	}
	return jobs[0]
}

func (b *bench) update(id string, c job.Change) *job.Job {
	b.t.Helper()
	j, err := b.store.Update(context.Background(), id, c)
	if err != nil {
		b.t.Fatalf("Update %s with %s: %v", id, c.Event, err)
	}
	return j
}

// refuse is an update that must end in the sentinel want and change nothing.
func (b *bench) refuse(id string, c job.Change, want error) {
	b.t.Helper()
	before := b.encoded(id)
	j, err := b.store.Update(context.Background(), id, c)
	if !errors.Is(err, want) {
		b.t.Fatalf("Update %s with %s: error %v, want %v", id, c.Event, err, want)
	}
	if j == nil {
		b.t.Fatalf("Update %s with %s: no job beside %v", id, c.Event, err)
	}
	if diff := cmp.Diff(before, b.encoded(id)); diff != "" {
		b.t.Fatalf("refused %s changed the job:\n%s", c.Event, diff)
	}
}

// encoded is everything the store tells about a job.
func (b *bench) encoded(id string) string {
	b.t.Helper()
	result, err := b.store.Result(context.Background(), id)
	if err != nil {
		b.t.Fatalf("Result %s: %v", id, err)
	}
	return encode(b.t, b.get(id)) + string(result)
}

// failed is a job in backoff after an error result of w1's, attempt 1.
func (b *bench) failed(id string) *job.Job {
	b.t.Helper()
	b.create(spec(id))
	b.take(id, "w1", 0)
	return b.update(id, job.Change{Event: job.Fail, Attempt: 1, Digest: "bad", Message: "engine crashed"})
}

// lost is a job in backoff after w1, attempt 1, fell silent.
func (b *bench) lost(id string) *job.Job {
	b.t.Helper()
	b.create(spec(id))
	b.take(id, "w1", time.Minute)
	b.update(id, job.Change{Event: job.Confirm})
	b.pass(time.Minute)
	return b.update(id, job.Change{Event: job.LoseLease})
}

func (b *bench) wantStatus(id string, want job.Status) *job.Job {
	b.t.Helper()
	j := b.get(id)
	if j.Status != want {
		b.t.Fatalf("job %s is %s, want %s", id, j.Status, want)
	}
	return j
}

// encode is the job's record, with the fields that only memory holds.
func encode(t *testing.T, j *job.Job) string {
	t.Helper()
	data, err := json.Marshal(j)
	if err != nil {
		t.Fatalf("encode job %s: %v", j.ID, err)
	}
	return fmt.Sprintf("%s\n%v %q\n", data, j.Progress, j.ProgressMessage)
}

func ids(jobs []*job.Job) []string {
	list := make([]string, len(jobs))
	for i, j := range jobs {
		list[i] = j.ID
	}
	return list
}

func numbered(prefix string, n int) string { return fmt.Sprintf("%s-%04d", prefix, n) }
