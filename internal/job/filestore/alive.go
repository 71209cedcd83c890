package filestore

import (
	"context"
	"errors"
	"fmt"

	"morag/internal/job"
)

// Alive implements [job.Store]. The first sign of life of an attempt is also noted in
// the job's file, so that a restart does not forget it. If the disk has no room for
// the note, the sign counts all the same and the next one tries again.
func (s *Store) Alive(ctx context.Context, id string, b job.Beat) (*job.Job, error) {
	h, j, err := s.begin(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("sign of life for job %s: %w", id, err)
	}
	defer s.end(id)
	written := j.Revision
	if err := s.policy.Alive(j, b, s.clock.Now()); err != nil {
		return j, fmt.Errorf("sign of life for job %s: %w", id, err)
	}
	s.mu.Lock()
	h.live.take(j)
	h.schedule(s.policy, j)
	s.index.watch(h)
	marked := h.live.marked
	s.mu.Unlock()
	if marked {
		return j, nil
	}
	j.Revision = written + 1
	if err := s.mark(h, j); errors.Is(err, job.ErrUnavailable) {
		return nil, fmt.Errorf("sign of life for job %s: %w", id, err)
	} else if err != nil {
		j.Revision = written
		s.log.Warn("the confirmation of a claim could not be written", "job_id", id, "worker_id", j.WorkerID, "error", err)
	}
	return j, nil
}

// mark writes ConfirmedAt to the file of a job that the caller holds. The new content
// is synced before it takes the old one's name, else a power failure could leave
// neither; that it has taken it is not, so such a failure may forget the mark.
func (s *Store) mark(h *header, j *job.Job) error {
	data, err := encode(j)
	if err != nil {
		return err
	}
	if err := s.replace(fileOf(j.Status, j.ID), data); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index.bytes += data.size() - h.size
	h.size, h.revision, h.live.marked = data.size(), j.Revision, true
	return nil
}
