package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"morag/internal/job"
	"morag/internal/part"
	"morag/internal/task"
	"morag/internal/trace"
)

// Refuses says why t, which asked for it, is not converted remotely; "" when it is.
func (s *Service) Refuses(t *task.Task) string { return s.policy.refuses(t) }

// Alone says, of a task that is to be converted remotely, that no worker is there for it and
// what becomes of it then; "" when one is, or that cannot be told.
func (s *Service) Alone(ctx context.Context, t *task.Task) string {
	there, err := s.available(ctx, t)
	if err != nil || there {
		return ""
	}
	alone := fmt.Sprintf("no worker for %s is there at the moment", t.Source.ContentType)
	if t.Options.NoFallback {
		return fmt.Sprintf("%s, and it waits for one for %d s", alone, int(s.policy.timeout(t).Seconds()))
	}
	return fmt.Sprintf("%s, and the server converts it itself when none comes within %d s", alone, int(s.policy.FallbackTimeout.Seconds()))
}

// Ask has a running task converted by a worker: its row names the job, then the job is
// made under that id, then the run ends and the task waits. It returns the task that
// waits, or that its job has woken already. An error leaves the task to its run, which
// may ask again: the same job is meant. [task.ErrNoSpace] when there is no room for the
// job.
func (s *Service) Ask(ctx context.Context, t *task.Task) (*task.Task, error) {
	return s.ask(ctx, t, nil)
}

// AskInParts is [Service.Ask] with a job for each part of the source. Plan and jobs are in
// the task's row from one moment on.
func (s *Service) AskInParts(ctx context.Context, t *task.Task, plan *part.Plan) (*task.Task, error) {
	return s.ask(ctx, t, plan)
}

func (s *Service) ask(ctx context.Context, t *task.Task, plan *part.Plan) (*task.Task, error) {
	id, attempt := t.ID, t.Attempt
	if t.Remote == nil {
		jobID, timeout := uuid.NewString(), s.policy.timeout(t)
		if plan != nil {
			plan = plan.Clone()
			for i := range plan.Parts {
				plan.Parts[i].JobID = uuid.NewString()
			}
			jobID = plan.Parts[0].JobID
		}
		var err error
		t, err = s.tasks.Update(ctx, id, func(t *task.Task, now time.Time) error {
			return t.Advance(attempt, task.CreatingJob, "creating a remote job", func(t *task.Task) {
				t.Remote = &task.Remote{JobID: jobID, Since: now, Deadline: now.Add(timeout), Plan: plan.Clone()}
			})
		})
		if err != nil {
			return nil, err
		}
	}
	return s.wait(ctx, t)
}

// AskAgain has those parts of a running task converted once more, in the language named, by
// jobs of their own; the results that they have are kept. The task waits for them.
func (s *Service) AskAgain(ctx context.Context, t *task.Task, language string, parts []int, warnings ...string) (*task.Task, error) {
	attempt := t.Attempt
	ids := map[int]string{}
	for _, i := range parts {
		ids[i] = uuid.NewString()
	}
	t, err := s.tasks.Update(ctx, t.ID, func(t *task.Task, _ time.Time) error {
		return t.AskAgain(attempt, language, ids, warnings...)
	})
	if err != nil {
		return nil, err
	}
	for _, i := range parts {
		s.metrics.PartEnded(t.JobType(), "again")
		s.log.Info("part of task tried again", "task_id", t.ID, "job_id", ids[i], "content_type", t.JobType(), "language", language)
	}
	return s.wait(ctx, t)
}

// wait makes the jobs that the row of a running task names and ends the run: the task waits
// for them.
func (s *Service) wait(ctx context.Context, t *task.Task) (*task.Task, error) {
	id, attempt := t.ID, t.Attempt
	for _, id := range t.Jobs() {
		if err := s.makeJob(ctx, t, id); err != nil {
			return nil, err
		}
	}
	t, err := s.tasks.Update(ctx, id, func(t *task.Task, _ time.Time) error { return t.Park(attempt, "waiting for a worker") })
	if err != nil {
		return nil, err
	}
	s.observe(t)
	// The job may have ended before the task began to wait. The run has ended with that,
	// and its context may.
	if err := s.reconcile(context.WithoutCancel(ctx), t); err != nil && ctx.Err() == nil {
		s.log.Error("look after a waiting task", "task_id", t.ID, "job_id", t.Remote.JobID, "err", err)
	}
	return t, nil
}

// makeJob makes a job that the task's row names, unless it is there.
func (s *Service) makeJob(ctx context.Context, t *task.Task, id string) error {
	given := workerOptions(t)
	spec := job.Spec{
		ID: id, IngestionTaskID: t.ID, ContentType: t.JobType(),
		SourceFilePath: t.Source.Ref, SourceName: t.Source.Name, SourceSHA256: t.Source.SHA256,
		Timeout: s.policy.jobTimeout(t, s.now(), 0), Owner: t.Owner, Precedence: t.Precedence, Priority: t.Options.Priority,
	}
	if plan := t.Plan(); plan != nil {
		i := plan.Index(id)
		p := plan.Parts[i]
		spec.SourceFilePath, spec.SourceSHA256, spec.SourceName = p.Ref, p.SHA256, pieceName(t.Source.Name, i, len(plan.Parts), plan.Suffix)
		spec.Timeout = s.policy.jobTimeout(t, s.now(), i)
		if p.Language != "" {
			given["language"] = p.Language
		}
	}
	options, err := json.Marshal(given)
	if err != nil {
		return err
	}
	spec.Traceparent, spec.TaskOptions = trace.Parent(ctx), options
	_, err = s.jobs.Create(ctx, spec)
	switch {
	case errors.Is(err, job.ErrExists):
		return nil
	case errors.Is(err, job.ErrNoSpace):
		return fmt.Errorf("make remote job: %w: %w", task.ErrNoSpace, err)
	case err != nil:
		return fmt.Errorf("make remote job: %w", err)
	}
	return nil
}

// pieceName is the name of a part's piece: "talk.mp3" becomes "talk.part-03.wav".
func pieceName(name string, i, n int, suffix string) string {
	digits := len(strconv.Itoa(n))
	return fmt.Sprintf("%s.part-%0*d%s", strings.TrimSuffix(name, path.Ext(name)), digits, i+1, suffix)
}

// workerOptions are the conversion options that a worker is told: no webhook, no
// secret.
func workerOptions(t *task.Task) map[string]any {
	options := t.Options.Travelling()
	if t.Source.URL != "" {
		options["url"] = t.Source.URL
	}
	return options
}
