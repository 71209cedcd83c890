package dispatch

import (
	"context"
	"errors"

	"morag/internal/job"
)

// Heartbeat notes a sign of life. cancel tells the last holder of a cancelled job to
// stop. [job.ErrLeaseLost] and [job.ErrConflict] tell anybody else that the job is
// not theirs, [job.ErrWrongKey] and [ErrWorkerTaken] that their key is not the one.
func (s *Service) Heartbeat(ctx context.Context, id string, b job.Beat) (j *job.Job, cancel bool, err error) {
	if !s.workers.speaksFor(b.WorkerID, b.Key) {
		return nil, false, ErrWorkerTaken
	}
	s.workers.beat(b.WorkerID)
	j, err = s.alive(ctx, id, b)
	if err == nil || !errors.Is(err, job.ErrConflict) || j == nil {
		return j, false, err
	}
	lastHolder := b.WorkerID == j.LastHolder() && (b.Attempt == 0 || b.Attempt == j.Attempt)
	if j.Status == job.Cancelled && lastHolder {
		return j, true, nil
	}
	return j, false, err
}

// alive renews one job and confirms every job of the same answer.
func (s *Service) alive(ctx context.Context, id string, b job.Beat) (*job.Job, error) {
	j, err := s.store.Alive(ctx, id, b)
	if err != nil {
		return j, err
	}
	s.confirm(ctx, id, s.batches.take(id))
	return j, nil
}

// confirm lets a sign of life for one job confirm the others of the same answer.
func (s *Service) confirm(ctx context.Context, id string, jobs []*job.Job) {
	for _, other := range jobs {
		if other.ID == id {
			continue
		}
		_, err := s.store.Alive(ctx, other.ID, job.Beat{WorkerID: other.WorkerID, Attempt: other.Attempt})
		if err != nil && !errors.Is(err, job.ErrConflict) && !errors.Is(err, job.ErrLeaseLost) && !errors.Is(err, job.ErrNotFound) {
			s.log.Warn("job not confirmed", "job_id", other.ID, "err", err)
		}
	}
}
