package dispatch

import (
	"context"
	"errors"
	"time"

	"morag/internal/fleet"
	"morag/internal/job"
)

// outcomeOf is what a step of a job says of the worker that held it; ok is false when
// it says nothing.
func outcomeOf(j *job.Job, step job.Entry) (_ fleet.Outcome, ok bool) {
	if step.WorkerID == "" {
		return 0, false
	}
	switch job.Event(step.Reason) {
	case job.Succeed:
		return fleet.Succeeded, true
	case job.Unconfirmed:
		return fleet.Unheard, true
	case job.Fail:
		// A final error says that the source is at fault, not the worker.
		if step.To == job.Pending || j.RetryCount >= j.MaxRetries && j.MaxRetries > 0 {
			return fleet.Failed, true
		}
		return fleet.Refused, true
	}
	return 0, false
}

// judge notes what became of a job for the worker that held it. A failure counts at once;
// of a success that changes nothing but a count it is enough to know soon.
func (s *Service) judge(ctx context.Context, j *job.Job, step job.Entry) {
	outcome, ok := outcomeOf(j, step)
	if !ok {
		return
	}
	// What has happened is noted although whoever brought it may have left.
	if err := s.recordOutcome(context.WithoutCancel(ctx), step.WorkerID, outcome, j.ID); err != nil && !errors.Is(err, fleet.ErrNotFound) {
		s.log.Warn("the outcome of a job was not noted for its worker", "worker_id", step.WorkerID, "job_id", j.ID, "err", err)
	}
}

func (s *Service) recordOutcome(ctx context.Context, worker string, outcome fleet.Outcome, job string) error {
	if outcome == fleet.Succeeded {
		found, _, err := s.fleet.Find(ctx, worker)
		if err != nil {
			return err
		}
		if w := found[worker]; !w.Troubled() {
			s.sightings.done(worker)
			return nil
		}
	}
	s.writeSightings(ctx) // of the successes before it, and of the worker itself if it is new
	var before time.Time
	w, err := s.fleet.Update(ctx, worker, func(w *fleet.Worker, now time.Time) {
		before = w.SetAside
		w.Observe(outcome, job, now)
	})
	if err == nil && w.SetAside.After(before) {
		reason := "job after job failed"
		if outcome == fleet.Unheard {
			reason = "it took up none of the jobs that it was given"
		}
		s.log.Warn("worker set aside", "worker_id", worker, "until", w.SetAside, "job_id", job, "reason", reason)
	}
	return err
}
