package dispatch

import (
	"context"
	"errors"

	"morag/internal/job"
)

// Heartbeat tells that the worker lives, and how far it is. cancel tells the last holder of a cancelled job to
// stop. [job.ErrLeaseLost] and [job.ErrConflict] tell anybody else that the job is
// not theirs, [job.ErrWrongKey] and [ErrWorkerTaken] that their key is not the one.
func (s *Service) Heartbeat(ctx context.Context, id string, b job.Beat) (j *job.Job, cancel bool, err error) {
	if err := s.speaksFor(ctx, b.WorkerID, b.Key); err != nil {
		return nil, false, err
	}
	j, err = s.store.Alive(ctx, id, b)
	if err == nil {
		s.sightings.see(b.Key, b.WorkerID, nil, "")
	}
	if err == nil || !errors.Is(err, job.ErrConflict) || j == nil {
		return j, false, err
	}
	lastHolder := b.WorkerID == j.LastHolder() && (b.Attempt == 0 || b.Attempt == j.Attempt)
	if j.Status == job.Cancelled && lastHolder {
		return j, true, nil
	}
	return j, false, err
}
