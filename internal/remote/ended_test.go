package remote

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"morag/internal/job"
	"morag/internal/task"
)

// Every phase and status of a task, of this job or of another, and every end of the job:
// what the task is afterwards, and whether it goes on with the result.
func TestEndedInEverySituation(t *testing.T) {
	t.Parallel()
	type state struct {
		phase  task.Phase
		status task.Status
		remote *task.Remote
	}
	named := func(change func(*task.Remote)) *task.Remote {
		r := &task.Remote{JobID: "j", Since: begun, Deadline: begun.Add(time.Hour)}
		change(r)
		return r
	}
	plain := func(*task.Remote) {}
	for name, s := range map[string]state{
		"waiting":              {task.Waiting, task.Progress, named(plain)},
		"waiting for another":  {task.Waiting, task.Progress, &task.Remote{JobID: "other"}},
		"running":              {task.Running, task.Progress, named(plain)},
		"running, given up":    {task.Running, task.Progress, named(func(r *task.Remote) { r.GaveUp, r.Over = "x", true })},
		"queued with result":   {task.Queued, task.Progress, named(func(r *task.Remote) { r.Done, r.Over = true, true })},
		"never remote":         {task.Running, task.Progress, nil},
		"failed":               {task.Ended, task.Failure, named(func(r *task.Remote) { r.GaveUp = "x" })},
		"failed with another":  {task.Ended, task.Failure, &task.Remote{JobID: "other"}},
		"revoked":              {task.Ended, task.Revoked, named(plain)},
		"succeeded":            {task.Ended, task.Success, named(func(r *task.Remote) { r.Done, r.Over = true, true })},
		"succeeded without it": {task.Ended, task.Success, named(func(r *task.Remote) { r.GaveUp = "x" })},
	} {
		for _, end := range []job.Status{job.Completed, job.Failed, job.Timeout, job.Cancelled} {
			h := open(t)
			created := &task.Task{ID: "t", Phase: s.phase, Status: s.status, Stage: task.Initializing, Remote: s.remote}
			if err := h.tasks.Create(t.Context(), created); err != nil {
				t.Fatal(err)
			}
			completed := end == job.Completed
			mine := s.remote != nil && s.remote.JobID == "j"
			wantPhase, wantContinued := s.phase, false
			switch {
			case !mine:
			case s.remote.Done:
				wantContinued = true
			case s.phase == task.Waiting, s.status == task.Failure && completed:
				wantPhase, wantContinued = task.Queued, completed
			case s.phase != task.Ended:
				wantContinued = completed
			}
			j := &job.Job{ID: "j", IngestionTaskID: "t", Status: end, ErrorMessage: "why"}
			continued := h.Ended(t.Context(), j)
			got := h.get("t")
			what := fmt.Sprintf("%s, job %s", name, end)
			if continued != wantContinued || got.Phase != wantPhase {
				t.Errorf("%s: the task is %s and goes on with the result: %v; want %s, %v", what, got.Phase, continued, wantPhase, wantContinued)
			}
			if got.Phase != s.phase && (got.Remote.Done != completed || (got.Remote.GaveUp != "") == completed || !got.Remote.Over) {
				t.Errorf("%s: the row says %+v", what, got.Remote)
			}
			if got.Phase == s.phase && got.Revision != 1 {
				t.Errorf("%s: the task was changed", what)
			}
		}
	}
}

func TestEndedTellsTheReason(t *testing.T) {
	t.Parallel()
	h := open(t)
	w := h.waits("t", task.Options{})
	if _, err := h.jobs.Cancel(t.Context(), w.Remote.JobID, "no sound in it"); err != nil {
		t.Fatal(err)
	}
	if got := h.get("t"); got.Remote.GaveUp != "no sound in it" {
		t.Errorf("given up for %q", got.Remote.GaveUp)
	}
}

func TestAdoptedTask(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.own("j", "theirs", `{"document_id":"doc","metadata":{"a":1},"chunk_size":1000}`)
	h.complete("j", "words")
	got := h.get("theirs")
	if got.Owner != "client" || got.DocumentID != "doc" || string(got.Options.Metadata) != `{"a":1}` || got.Options.ChunkSize != 1000 || got.Phase != task.Queued || got.Status != task.Pending {
		t.Errorf("task %+v", got)
	}
	if got.Source.Ref != "" || got.Source.Name != "a.mp3" || got.Source.ContentType != "audio" {
		t.Errorf("source %+v: want one that is not the task's own", got.Source)
	}
	if r := got.Remote; r.JobID != "j" || !r.Done || !r.Over {
		t.Errorf("it names %+v", r)
	}
	if result, err := h.Result(t.Context(), got); err != nil || result.Content != "words" {
		t.Errorf("result %+v (%v)", result, err)
	}
}

func TestWhatIsAdopted(t *testing.T) {
	t.Parallel()
	for options, want := range map[string]bool{
		``: true, `{}`: true, `{"store_in_vector_db":true}`: true, `{"store_in_vector_db":false}`: false,
		`{"store_in_vector_db":null}`: true, `{"store_in_vector_db":"no"}`: true, `{"document_id":7}`: true,
	} {
		for _, status := range job.Statuses() {
			got := adoptable(&job.Job{Status: status, TaskOptions: []byte(options)})
			if got != (want && status == job.Completed) {
				t.Errorf("%s with %s: %v", status, options, got)
			}
		}
	}
	for id, kept := range map[string]bool{"doc": true, "": false, "a/b": false} {
		got := adopted(&job.Job{ID: "j", IngestionTaskID: "t", TaskOptions: fmt.Appendf(nil, `{"document_id":%q}`, id)})
		if !task.ValidID(got.DocumentID) || (got.DocumentID == id) != kept {
			t.Errorf("document_id %q became %q", id, got.DocumentID)
		}
	}
	if got := adopted(&job.Job{TaskOptions: []byte(`{"chunk_size":1,"chunk_overlap":0,"chunking_strategy":"word"}`)}); got.Options.ChunkSize != 0 || got.Options.ChunkOverlap != nil || got.Options.ChunkingStrategy != "" {
		t.Errorf("options that nothing can be cut by are kept: %+v", got.Options)
	}
	if got := adopted(&job.Job{}); got.Owner == "" || got.Source.Size != 0 {
		t.Errorf("without keys: %+v", got)
	}
	if got := adopted(&job.Job{SourceSize: -1}); got.Source.Size != 0 {
		t.Errorf("of a source that was never measured: %d bytes", got.Source.Size)
	}
}

// Of two that are told of the same end at the same time one makes the task; both know that
// the ingestion goes on.
func TestToldTwiceAtTheSameTime(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Service.tasks = &failing{Store: h.tasks, create: task.ErrExists}
	if !h.Ended(t.Context(), &job.Job{ID: "j", IngestionTaskID: "t", Status: job.Completed}) {
		t.Error("the second is told that nothing goes on")
	}
}

// While the tasks cannot be asked nobody is told that an ingestion goes on.
func TestEndedWhileTheTasksAreAway(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.Service.tasks = &failing{Store: h.tasks, get: task.ErrUnavailable}
	if h.Ended(t.Context(), &job.Job{ID: "j", IngestionTaskID: "t", Status: job.Completed}) {
		t.Error("an ingestion goes on that nobody knows of")
	}
}

// failing is a store that cannot make tasks, or not tell of them.
type failing struct {
	task.Store
	get, create, phases error
}

func (f *failing) Get(ctx context.Context, id string) (*task.Task, error) {
	if f.get != nil {
		return nil, f.get
	}
	return f.Store.Get(ctx, id)
}

func (f *failing) Create(ctx context.Context, t *task.Task) error {
	if f.create != nil {
		return f.create
	}
	return f.Store.Create(ctx, t)
}

func (f *failing) Phases(ctx context.Context, ids []string) (map[string]task.Phase, error) {
	if f.phases != nil {
		return nil, f.phases
	}
	return f.Store.Phases(ctx, ids)
}

// What could not be told is told again, and only then the cursor goes on.
func TestTellEndsGoesOnWhenItCan(t *testing.T) {
	t.Parallel()
	h := open(t)
	store := &failing{Store: h.tasks, create: task.ErrNoSpace}
	h.Service.tasks = store
	for i := range tellPage + 1 {
		id := fmt.Sprint("j", i)
		h.own(id, fmt.Sprint("t", i), `{}`)
		if _, err := h.jobs.Cancel(t.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
	}
	h.own("z", "named", `{}`)
	if h.complete("z", "words"); h.Ended(t.Context(), &job.Job{ID: "z", IngestionTaskID: "named", Status: job.Completed}) {
		t.Error("an ingestion goes on that there is no room for")
	}
	tell := func(cursor string) (string, bool, error) {
		t.Helper()
		return h.TellEnds(t.Context(), cursor)
	}
	if next, more, err := tell(""); next != "" || more || err != nil {
		t.Errorf("right after the ends: %q, %v (%v); want that they are left alone for a while", next, more, err)
	}
	h.advance(tellAge)
	if next, more, err := tell(""); next != "" || more || err != nil {
		t.Errorf("before others can be told from it: %q, %v (%v); want that the cursor stays", next, more, err)
	}
	h.advance(settledAge - tellAge)
	first, more, err := tell("")
	if err != nil || !more || first == "" {
		t.Fatalf("the first page: %q, %v (%v)", first, more, err)
	}
	for range 2 {
		if next, more, err := tell(first); next != first || more || !errors.Is(err, task.ErrNoSpace) {
			t.Errorf("without room: %q, %v (%v); want that it stays", next, more, err)
		}
	}
	store.create, store.phases = nil, task.ErrUnavailable
	if next, more, err := tell(first); next != first || more || !errors.Is(err, task.ErrUnavailable) {
		t.Errorf("while the store is away: %q, %v (%v)", next, more, err)
	}
	store.phases = nil
	if next, more, err := tell(first); next != first || more || err != nil {
		t.Errorf("the last page: %q, %v (%v)", next, more, err)
	}
	if got := h.get("named"); got.Remote.JobID != "z" {
		t.Errorf("adopted by %+v", got.Remote)
	}
	if all, err := h.tasks.Count(t.Context(), ""); err != nil || all[task.Pending] != 1 {
		t.Errorf("tasks %v (%v), want the one of the job that was done", all, err)
	}
}

func TestTellEndsWakesTasksThatHaveNotHeard(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.jobs.ended = nil
	w := h.waits("t", task.Options{})
	h.complete(w.Remote.JobID, "words")
	h.advance(tellAge)
	if _, _, err := h.TellEnds(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if got := h.get("t"); got.Phase != task.Queued || !got.Remote.Done {
		t.Errorf("the task is %s with %+v", got.Phase, got.Remote)
	}
	if _, _, err := h.TellEnds(t.Context(), "no cursor"); !errors.Is(err, job.ErrCursor) {
		t.Errorf("%v, want ErrCursor", err)
	}
}

func TestUnheard(t *testing.T) {
	t.Parallel()
	for _, status := range []job.Status{job.Completed, job.Failed, job.Timeout, job.Cancelled} {
		for _, phase := range append(task.Phases(), "") {
			want := phase == task.Waiting || phase == "" && status == job.Completed
			if got := unheard(status, phase, phase != ""); got != want {
				t.Errorf("job %s, task %q: %v, want %v", status, phase, got, want)
			}
		}
	}
}
