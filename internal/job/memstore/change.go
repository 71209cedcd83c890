package memstore

import (
	"context"

	"morag/internal/job"
)

// Changes implements [job.Store].
func (s *Store) Changes(ctx context.Context, after int64, n int) ([]*job.Job, int64, error) {
	if err := s.lock(ctx); err != nil {
		return nil, after, err
	}
	defer s.unlock()
	ids, next, err := s.place.trail.After(after, n)
	var jobs []*job.Job
	for _, id := range ids {
		if j, err := s.place.find(id); err == nil { // else it was removed since
			jobs = append(jobs, j.Clone())
		}
	}
	return jobs, next, err
}
