package filestore

import (
	"context"
	"errors"
	"fmt"

	"morag/internal/job"
)

// Alive implements [job.Store]. The first heartbeat of an attempt is also noted in the
// job's file, so that a restart does not forget it. If the disk has no room for the
// note, it counts all the same and the next one tries again.
func (s *Store) Alive(ctx context.Context, id string, b job.Beat) (*job.Job, error) {
	j, err := s.alive(ctx, id, b)
	if err != nil {
		return j, fmt.Errorf("heartbeat for job %s: %w", id, err)
	}
	s.confirmRest(ctx, j.ClaimID)
	return j, nil
}

func (s *Store) alive(ctx context.Context, id string, b job.Beat) (*job.Job, error) {
	h, j, err := s.begin(ctx, id)
	if err != nil {
		return nil, err
	}
	defer s.end(id)
	return s.applyBeat(h, j, b)
}

// applyBeat applies a heartbeat to a job that the caller holds.
func (s *Store) applyBeat(h *header, j *job.Job, b job.Beat) (*job.Job, error) {
	written := j.Revision
	if err := s.policy.Alive(j, b, s.clock.Now()); err != nil {
		return j, err
	}
	s.mu.Lock()
	h.live.take(j)
	h.schedule(s.policy, j)
	s.index.watch(h)
	s.index.confirmed(h)
	marked := h.live.marked
	s.mu.Unlock()
	s.trail.Add(j.ID)
	if marked {
		return j, nil
	}
	j.Revision = written + 1
	if err := s.mark(h, j); errors.Is(err, job.ErrUnavailable) {
		return nil, err
	} else if err != nil {
		j.Revision = written
		s.log.Warn("the confirmation of a claim could not be written", "job_id", j.ID, "worker_id", j.WorkerID, "error", err)
	}
	return j, nil
}

// confirmRest confirms the jobs that were claimed together and are not confirmed yet.
// It ends what it has begun also when the caller leaves.
func (s *Store) confirmRest(ctx context.Context, together string) {
	for _, id := range s.unconfirmed(together) {
		err := s.confirm(context.WithoutCancel(ctx), id, together)
		if err != nil && !errors.Is(err, job.ErrNotFound) && !errors.Is(err, job.ErrUnavailable) {
			s.log.Warn("a job was not confirmed with another of its claim", "job_id", id, "error", err)
		}
	}
}

// unconfirmed are the jobs in work of one claim that are not confirmed yet.
func (s *Store) unconfirmed(together string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, h := range s.index.together[together] {
		ids = append(ids, h.id)
	}
	return ids
}

func (s *Store) confirm(ctx context.Context, id, together string) error {
	h, j, err := s.begin(ctx, id)
	if err != nil {
		return err
	}
	defer s.end(id)
	if j.Status != job.Processing || j.ClaimID != together || !j.ConfirmedAt.IsZero() {
		return nil // somebody was faster
	}
	_, err = s.applyBeat(h, j, job.Beat{})
	return err
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
