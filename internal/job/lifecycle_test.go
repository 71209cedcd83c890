package job_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"morag/internal/job"
)

// start is when every lifecycle begins.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// lifecycle is a job on its way through the table, with the time that passes.
type lifecycle struct {
	t   *testing.T
	p   job.Policy
	j   *job.Job
	now time.Time
}

func born(t *testing.T, change func(*job.Spec)) *lifecycle {
	t.Helper()
	s := job.Spec{ID: "a", ContentType: "audio", IngestionTaskID: "task", SourceFilePath: "blob:a", SourceSize: 1}
	if change != nil {
		change(&s)
	}
	p := job.Policy{OthersFirst: -1}.WithDefaults()
	return &lifecycle{t: t, p: p, j: p.New(s, start), now: start}
}

func (l *lifecycle) wait(d time.Duration) *lifecycle {
	l.now = l.now.Add(d)
	return l
}

// apply makes a change; on error nothing may have changed, else the revision by one.
func (l *lifecycle) apply(c job.Change) error {
	l.t.Helper()
	before := l.j.Clone()
	c.Now = l.now
	err := l.p.Apply(l.j, c)
	if err != nil && !reflect.DeepEqual(before, l.j) {
		l.t.Fatalf("refused %s changed the job from\n%sto\n%s", c.Event, encode(l.t, before), encode(l.t, l.j))
	}
	if err == nil && l.j.Revision != before.Revision+1 {
		l.t.Fatalf("%s moved the revision from %d to %d", c.Event, before.Revision, l.j.Revision)
	}
	return err
}

func (l *lifecycle) do(changes ...job.Change) *lifecycle {
	l.t.Helper()
	for _, c := range changes {
		if err := l.apply(c); err != nil {
			l.t.Fatal(err)
		}
	}
	return l
}

func (l *lifecycle) refused(c job.Change, want error) *lifecycle {
	l.t.Helper()
	if err := l.apply(c); !errors.Is(err, want) {
		l.t.Fatalf("%s in %s: error %v, want %v", c.Event, l.j.Status, err, want)
	}
	return l
}

func (l *lifecycle) is(want job.Status) *lifecycle {
	l.t.Helper()
	if l.j.Status != want {
		l.t.Fatalf("job is %s, want %s", l.j.Status, want)
	}
	return l
}

// due waits until time brings something, and applies it.
func (l *lifecycle) due(want job.Event) *lifecycle {
	l.t.Helper()
	event, at, ok := l.p.Due(l.j)
	if !ok || event != want {
		l.t.Fatalf("%s is due to a job in %s, want %s", event, l.j.Status, want)
	}
	if at.After(l.now) {
		l.now = at.Add(-time.Microsecond)
		l.refused(job.Change{Event: want}, job.ErrConflict)
		l.now = at
	}
	return l.do(job.Change{Event: want})
}

func (l *lifecycle) alive(b job.Beat) error { return l.p.Alive(l.j, b, l.now) }

// taken waits until w1 may claim the job and lets it.
func (l *lifecycle) taken(lease time.Duration) *lifecycle {
	l.t.Helper()
	if l.j.AvailableAt.After(l.now) {
		l.now = l.j.AvailableAt
	}
	return l.do(job.Change{Event: job.Claim, WorkerID: "w1", Lease: lease})
}

func (l *lifecycle) wantTime(name string, got, want time.Time) *lifecycle {
	l.t.Helper()
	if !got.Equal(want) {
		l.t.Fatalf("%s is %s, want %s", name, got.Sub(start), want.Sub(start))
	}
	return l
}

func success(digest string) job.Change {
	return job.Change{Event: job.Succeed, Digest: digest, Result: json.RawMessage(`{"content":"text of ` + digest + `"}`)}
}

func failure(digest string) job.Change {
	return job.Change{Event: job.Fail, Digest: digest, Message: "engine crashed: " + digest}
}

func final(digest string) job.Change {
	c := failure(digest)
	c.Final = true
	return c
}

// from names who sends c, and for which attempt.
func from(c job.Change, worker string, attempt int) job.Change {
	c.WorkerID, c.Attempt = worker, attempt
	return c
}

func plain(e job.Event) job.Change { return job.Change{Event: e} }

// in is a job brought to a status by a worker with a lease, attempt 1.
func in(t *testing.T, s job.Status) *lifecycle {
	t.Helper()
	l := born(t, nil)
	switch s {
	case job.Processing:
		l.taken(time.Minute)
	case job.Completed:
		l.taken(time.Minute).do(from(success("first"), "w1", 1))
	case job.Failed:
		l.taken(time.Minute).do(from(final("first"), "w1", 1))
	case job.Timeout:
		l.due(job.Expire)
	case job.Cancelled:
		l.do(plain(job.Cancel))
	}
	return l.is(s)
}

// encode is all of a job, also what is never stored.
func encode(t *testing.T, j *job.Job) string {
	t.Helper()
	data, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	memory, err := json.Marshal([]any{j.ConfirmBy, j.LeaseExpiresAt, j.Progress, j.ProgressMessage})
	if err != nil {
		t.Fatal(err)
	}
	return string(data) + string(memory) + "\n"
}

// decode is what is left of a job when it has been stored and read again.
func decode(t *testing.T, j *job.Job) *job.Job {
	t.Helper()
	data, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	var back job.Job
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	return &back
}

// record is what is stored of a job.
func record(t *testing.T, j *job.Job) string {
	t.Helper()
	data, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
