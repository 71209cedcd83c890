package remote

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"morag/internal/blob"
	"morag/internal/job"
	"morag/internal/metrics"
	"morag/internal/task"
)

// Ends hears of jobs that are over and lets their tasks go on. It needs no jobs but
// those that it is told of, so that whoever tells can be made after it. It is safe for
// concurrent use.
type Ends struct {
	tasks      task.Store
	blobs      blob.Store
	references blob.References
	policy     Policy
	now        func() time.Time
	log        *slog.Logger
	metrics    *metrics.Metrics
}

// NewEnds makes what is told of ends.
func NewEnds(c Config) *Ends {
	e := &Ends{tasks: c.Tasks, blobs: c.Blobs, references: c.References, policy: c.Policy.withDefaults(), now: c.Now, log: c.Logger, metrics: c.Metrics}
	if e.now == nil {
		e.now = time.Now
	}
	if e.log == nil {
		e.log = slog.Default()
	}
	if e.metrics == nil {
		e.metrics = metrics.New()
	}
	return e
}

// Ended is told that a job is over, once or more often. It tells whether an ingestion
// goes on with its result. What it cannot write is found again by [Service.Run].
func (e *Ends) Ended(ctx context.Context, j *job.Job) bool {
	// What is known is not lost when the caller that brought it leaves.
	continued, err := e.ended(context.WithoutCancel(ctx), j)
	if err != nil {
		e.log.Error("tell a task of the end of its job", "job_id", j.ID, "task_id", j.IngestionTaskID, "err", err)
	}
	return continued
}

func (e *Ends) ended(ctx context.Context, j *job.Job) (continued bool, err error) {
	t, err := e.tasks.Get(ctx, j.IngestionTaskID)
	if errors.Is(err, task.ErrNotFound) {
		continued, err = e.adopt(ctx, j)
		return continued, errors.Join(err, e.letGo(ctx, j))
	}
	if err != nil {
		return false, err
	}
	completed := j.Status == job.Completed
	switch {
	case !t.Names(j.ID):
		return false, nil
	case t.Remote.Done:
		return true, nil // told again
	case t.Status == task.Failure && completed:
		// The job was retried, and the server died before its task was reopened.
		return true, e.reopen(ctx, j)
	case t.Phase == task.Ended:
		return false, nil
	case t.Phase != task.Waiting:
		return completed, nil // its run looks for itself before it waits
	case completed:
		return true, e.endWait(ctx, t.ID, j.ID, brought(j))
	}
	return false, e.endWait(ctx, t.ID, j.ID, without(j, ending(j)))
}

// brought is the end of a job with its result, and without one that has none.
func brought(j *job.Job) task.JobEnd {
	return task.JobEnd{Status: string(job.Completed), Worker: j.WorkerID}
}

func without(j *job.Job, why string) task.JobEnd {
	return task.JobEnd{Status: string(j.Status), Worker: j.WorkerID, Why: why}
}

// reopen lets a failed task go on with the result of its job.
func (e *Ends) reopen(ctx context.Context, j *job.Job) error {
	_, err := e.change(ctx, j.IngestionTaskID, func(t *task.Task, now time.Time) error {
		if !t.Names(j.ID) {
			return task.ErrConflict
		}
		if err := t.Reopen(true, now.Add(e.policy.timeout(t)), now); err != nil {
			return err
		}
		if err := t.JobRetried(j.ID); err != nil {
			return err
		}
		return t.JobOver(j.ID, brought(j), now)
	})
	return err
}

// endWait tells a task that a job of its has ended. Unless others are under way it goes on:
// with the result or without.
func (e *Ends) endWait(ctx context.Context, id, jobID string, end task.JobEnd) error {
	t, err := e.change(ctx, id, func(t *task.Task, now time.Time) error { return t.JobOver(jobID, end, now) })
	if t != nil && t.Plan() != nil {
		e.observePart(t, jobID, end)
	}
	return err
}

// change applies a rule to a task and returns what it has become, nil when that changes nothing.
// A rule that does not fit any more is no error: somebody was faster.
func (e *Ends) change(ctx context.Context, id string, rule func(*task.Task, time.Time) error) (*task.Task, error) {
	before := int64(0)
	t, err := e.tasks.Update(ctx, id, func(t *task.Task, now time.Time) error {
		before = t.Revision
		return rule(t, now)
	})
	if errors.Is(err, task.ErrConflict) || errors.Is(err, task.ErrNotFound) {
		return nil, nil
	}
	if err != nil || t.Revision == before {
		return nil, err
	}
	if t.Phase != task.Waiting { // else it was the end of one part
		e.observe(t)
	}
	return t, nil
}

// observePart writes the one line of the end of a part's job.
func (e *Ends) observePart(t *task.Task, jobID string, end task.JobEnd) {
	e.metrics.PartEnded(t.JobType(), end.Status)
	e.log.Info("part of task "+end.Status, "task_id", t.ID, "job_id", jobID, "content_type", t.JobType(), "worker_id", end.Worker, "reason", end.Why)
}

// observe writes the one line of a change of phase.
func (e *Ends) observe(t *task.Task) {
	e.metrics.TaskChanged(t.Source.ContentType, string(t.Phase), string(t.Status))
	e.log.Info("task "+string(t.Phase), "task_id", t.ID, "job_id", t.Remote.JobID, "content_type", t.Source.ContentType,
		"stage", string(t.Stage), "status", string(t.Status), "attempt", t.Attempt)
}
