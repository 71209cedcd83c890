package ingest

import (
	"cmp"
	"context"

	"morag/internal/task"
)

// remotely hands the conversion to a remote job if the client asked for it and it
// is not over already. It returns errParked when the task now waits, nil when the
// task is to be converted here.
func (r *run) remotely(ctx context.Context) error {
	if !r.t.Options.Remote {
		return nil
	}
	if r.t.Remote == nil {
		if why := r.remote.Refuses(r.t); why != "" {
			r.log.Info("converting locally", "task_id", r.t.ID, "content_type", r.t.Source.ContentType, "reason", why)
			return r.warn(ctx, hereInstead(why))
		}
	} else if why := r.t.Remote.GaveUp; why != "" {
		return r.fallBack(ctx, why)
	}
	if r.t.Remote == nil {
		plan, err := r.cut(ctx)
		if err != nil {
			return err
		}
		if plan != nil {
			_, err := r.remote.AskInParts(ctx, r.t, plan)
			return cmp.Or(err, errParked)
		}
	}
	_, err := r.remote.Ask(ctx, r.t)
	return cmp.Or(err, errParked)
}

// fallBack goes on without the remote job, or fails where that was not wanted.
func (r *run) fallBack(ctx context.Context, why string) error {
	if r.t.Options.NoFallback {
		return &final{sentence: "remote conversion failed: " + why}
	}
	r.metrics.FellBack(r.t.Source.ContentType)
	r.log.Warn("falling back to local conversion", "task_id", r.t.ID, "job_id", r.t.Remote.JobID,
		"content_type", r.t.Source.ContentType, "reason", why)
	return r.warn(ctx, "remote conversion failed ("+why+"): converted locally")
}

// hasResult tells whether the text of t, which its remote job has brought, is still
// kept.
func (s *Service) hasResult(ctx context.Context, t *task.Task) bool {
	if t.Plan() != nil {
		return false // the pieces are gone; the text of all of them is kept as the task's
	}
	_, err := s.remote.Result(ctx, t)
	return err == nil
}
