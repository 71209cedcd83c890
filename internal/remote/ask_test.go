package remote

import (
	"context"
	"errors"
	"testing"
	"time"

	"morag/internal/job"
	"morag/internal/option"
	"morag/internal/task"
)

func TestAskMakesTheJobThatTheTaskNames(t *testing.T) {
	t.Parallel()
	h := open(t)
	waiting := h.waits("t", task.Options{RemoteTimeout: 60, Priority: 3})
	j, err := h.jobs.Get(t.Context(), waiting.Remote.JobID)
	if err != nil {
		t.Fatal(err)
	}
	if j.IngestionTaskID != "t" || j.SourceFilePath != "blob:x" || j.SourceName != "talk.mp3" || j.Priority != 3 || j.Owner != "o" || j.Precedence != 3 || j.Timeout() != time.Minute {
		t.Errorf("job %+v", j)
	}
	if want := begun.Add(time.Minute); !waiting.Remote.Deadline.Equal(want) || !waiting.Remote.Since.Equal(begun) || waiting.Message == "" {
		t.Errorf("the task waits from %s to %s, want to %s", waiting.Remote.Since, waiting.Remote.Deadline, want)
	}
}

// A run that died after its task named a job asks for the same one.
func TestAskAgainMeansTheSameJob(t *testing.T) {
	t.Parallel()
	h := open(t)
	running := h.running("t", task.Options{})
	h.jobs.fail = job.ErrNoSpace
	if _, err := h.Ask(t.Context(), running); !errors.Is(err, task.ErrNoSpace) {
		t.Fatalf("without room for the job: %v, want ErrNoSpace", err)
	}
	named := h.get("t")
	if named.Phase != task.Running || named.Stage != task.CreatingJob || named.Remote == nil {
		t.Fatalf("the task is %s in %s with %+v, want that its row names a job", named.Phase, named.Stage, named.Remote)
	}
	h.jobs.fail = errors.New("the disk is on strike")
	if _, err := h.Ask(t.Context(), named); !errors.Is(err, h.jobs.fail) || errors.Is(err, task.ErrNoSpace) {
		t.Errorf("another failure: %v", err)
	}
	h.jobs.fail = nil
	for range 2 {
		if err := h.makeJob(t.Context(), named, named.Remote.JobID); err != nil {
			t.Fatal(err)
		}
	}
	waiting, err := h.Ask(t.Context(), named)
	if err != nil || waiting.Remote.JobID != named.Remote.JobID || h.status(named.Remote.JobID) != job.Pending {
		t.Errorf("it waits for %+v (%v), want for %s", waiting.Remote, err, named.Remote.JobID)
	}
}

func TestAskOfARunThatIsLost(t *testing.T) {
	t.Parallel()
	h := open(t)
	running := h.running("t", task.Options{})
	h.update("t", revoke)
	if _, err := h.Ask(t.Context(), running); !errors.Is(err, task.ErrLost) {
		t.Errorf("%v, want ErrLost", err)
	}
	if page, _, err := h.jobs.List(t.Context(), job.Filter{}); err != nil || len(page) != 0 {
		t.Errorf("%d jobs were made (%v)", len(page), err)
	}
}

// The job may end before the task has begun to wait.
func TestAskSeesAnEndThatCameFirst(t *testing.T) {
	t.Parallel()
	h := open(t)
	running := h.running("t", task.Options{})
	named := h.update("t", func(t *task.Task, now time.Time) error {
		return t.Advance(running.Attempt, task.CreatingJob, "m", func(t *task.Task) {
			t.Remote = &task.Remote{JobID: "j", Since: now, Deadline: now.Add(time.Hour)}
		})
	})
	if err := h.makeJob(t.Context(), named, named.Remote.JobID); err != nil {
		t.Fatal(err)
	}
	if j := h.complete("j", "words"); !h.Ended(t.Context(), j) {
		t.Error("nothing goes on with the result")
	}
	if _, err := h.Ask(t.Context(), named); err != nil {
		t.Fatal(err)
	}
	if got := h.get("t"); got.Phase != task.Queued || !got.Remote.Done {
		t.Errorf("the task is %s with %+v, want that it goes on with the result", got.Phase, got.Remote)
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	password := task.Options{Conversion: option.Conversion{Password: "p"}}
	for name, c := range map[string]struct {
		enabled bool
		types   []string
		options task.Options
		want    bool
	}{
		"wanted":       {true, []string{"video", "audio"}, task.Options{}, false},
		"not enabled":  {false, []string{"audio"}, task.Options{}, true},
		"another type": {true, []string{"video"}, task.Options{}, true},
		"no type":      {true, nil, task.Options{}, true},
		"a password":   {true, []string{"audio"}, password, true},
	} {
		p := Policy{Enabled: c.enabled, Types: c.types}
		why := p.refuses(&task.Task{Source: task.Source{ContentType: "audio"}, Options: c.options})
		if (why != "") != c.want {
			t.Errorf("%s: %q", name, why)
		}
	}
}

func TestCreateRefusesWhatIsATask(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.running("taken", task.Options{})
	spec := job.Spec{ID: "j", IngestionTaskID: "taken", ContentType: "audio", SourceFilePath: "/x"}
	if _, err := h.Create(t.Context(), spec); !errors.Is(err, ErrTask) || h.status("j") != "" {
		t.Errorf("%v, and the job is %q; want ErrTask and none", err, h.status("j"))
	}
	spec.IngestionTaskID = "free"
	if j, err := h.Create(t.Context(), spec); err != nil || j.ID != "j" {
		t.Errorf("%v (%v)", j, err)
	}
	if _, err := h.Create(t.Context(), spec); !errors.Is(err, job.ErrExists) {
		t.Errorf("the same job again: %v, want ErrExists", err)
	}
}

// A task that is made while the job is: nobody may take the job for its own.
func TestCreateGivesWayToATaskThatComesMeanwhile(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.jobs.after = func(context.Context) { h.running("named", task.Options{}) }
	spec := job.Spec{ID: "j", IngestionTaskID: "named", ContentType: "audio", SourceFilePath: "/x"}
	if _, err := h.Create(t.Context(), spec); !errors.Is(err, ErrTask) {
		t.Errorf("%v, want ErrTask", err)
	}
	if got := h.status("j"); got != job.Cancelled {
		t.Errorf("the job is %q, want cancelled", got)
	}
}

// A worker may be so fast that the job's own task is there when the job's maker looks.
func TestCreateKnowsTheJobsOwnTask(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.jobs.after = func(context.Context) { h.complete("j", "words") }
	spec := job.Spec{ID: "j", IngestionTaskID: "named", ContentType: "audio", SourceFilePath: "/x"}
	if _, err := h.Create(t.Context(), spec); err != nil {
		t.Errorf("%v, want the job", err)
	}
	if got := h.get("named"); got.Remote.JobID != "j" {
		t.Errorf("adopted by %+v", got.Remote)
	}
}
