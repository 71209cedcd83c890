package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"morag/internal/job"
	"morag/internal/task"
)

// defaultRemoteTimeout is the least that all tries together may take when the client
// does not say: the wire contract, section 2.
const defaultRemoteTimeout = 1800 * time.Second

// local says why a task that asked for it is not converted remotely, "" when it is.
func (s *Service) local(t *task.Task) string {
	switch {
	case !s.remote.Enabled:
		return "remote conversion was asked for but is not enabled (MORAG_REMOTE_CONVERSION_ENABLED): converted locally"
	case !slices.Contains(s.remote.Types, t.Source.ContentType):
		return fmt.Sprintf("content type %s is not converted remotely (MORAG_REMOTE_CONTENT_TYPES): converted locally", t.Source.ContentType)
	case t.Options.Password != "":
		return "a password is never sent to a worker: converted locally"
	}
	return ""
}

func (s *Service) remoteTimeout(t *task.Task) time.Duration {
	if t.Options.RemoteTimeout > 0 {
		return time.Duration(t.Options.RemoteTimeout) * time.Second
	}
	return max(defaultRemoteTimeout, s.remote.Policy.TimeoutFor(t.Source.ContentType))
}

// remotely hands the conversion to a remote job if the client asked for it and it
// is not over already. It answers errParked when the task now waits, nil when the
// task is to be converted here.
func (r *run) remotely(ctx context.Context) error {
	if !r.t.Options.Remote {
		return nil
	}
	if r.t.Remote == nil {
		if why := r.local(r.t); why != "" {
			r.log.Warn("converting locally", "task_id", r.t.ID, "content_type", r.t.Source.ContentType, "reason", why)
			return r.warn(ctx, why)
		}
		now := r.now()
		remote := &task.Remote{JobID: uuid.NewString(), Since: now, Deadline: now.Add(r.remoteTimeout(r.t))}
		err := r.advance(ctx, task.CreatingJob, "creating a remote job", func(t *task.Task) { t.Remote = remote })
		if err != nil {
			return err
		}
	}
	if why := r.t.Remote.GaveUp; why != "" {
		if r.t.Options.NoFallback {
			return &final{sentence: "remote conversion failed: " + why}
		}
		r.metrics.FellBack(r.t.Source.ContentType)
		r.log.Warn("falling back to local conversion", "task_id", r.t.ID, "job_id", r.t.Remote.JobID,
			"content_type", r.t.Source.ContentType, "reason", why)
		return r.warn(ctx, "remote conversion failed ("+why+"): converted locally")
	}
	if err := r.createJob(ctx, r.t); err != nil {
		return err
	}
	t, err := r.tasks.Update(ctx, r.t.ID, func(t *task.Task) error { return t.Park(r.t.Attempt, "waiting for a worker") })
	if err != nil {
		return err
	}
	r.observe(t, nil)
	// The job may have ended before the task began to wait.
	r.settle(ctx, t, true)
	return errParked
}

// createJob makes the job that the task's row names, unless it is there.
func (s *Service) createJob(ctx context.Context, t *task.Task) error {
	options, err := json.Marshal(workerOptions(t))
	if err != nil {
		return err
	}
	// A job's own timeout is never longer than what is left of the task's.
	timeout := min(s.remote.Policy.TimeoutFor(t.Source.ContentType), max(t.Remote.Deadline.Sub(s.now()), time.Second))
	_, err = s.jobs.Create(ctx, job.Spec{
		ID: t.Remote.JobID, IngestionTaskID: t.ID, ContentType: t.Source.ContentType,
		SourceFilePath: t.Source.Ref, SourceName: t.Source.Name, SourceSHA256: t.Source.SHA256,
		TaskOptions: options, Timeout: timeout, Priority: t.Options.Priority,
	})
	if errors.Is(err, job.ErrExists) {
		return nil
	}
	return err
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
