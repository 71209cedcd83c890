package filestore

import (
	"context"
	"errors"
	"fmt"

	"morag/internal/job"
)

// Changes implements [job.Store].
func (s *Store) Changes(ctx context.Context, after int64, n int) ([]*job.Job, int64, error) {
	ids, next, err := s.trail.After(after, n)
	if err != nil {
		return nil, after, fmt.Errorf("look for changed jobs: %w", err)
	}
	var jobs []*job.Job
	for _, id := range ids {
		j, err := s.Get(ctx, id)
		if errors.Is(err, job.ErrNotFound) {
			continue // it was removed since
		}
		if err != nil {
			return nil, after, err
		}
		jobs = append(jobs, j)
	}
	return jobs, next, nil
}
