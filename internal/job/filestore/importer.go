package filestore

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"morag/internal/job"
)

var _ job.Importer = (*Store)(nil)

// imports is how many files are written at a time, so that they share the syncs of folders.
const imports = 16

// Import implements [job.Importer].
func (s *Store) Import(ctx context.Context, jobs []*job.Job) error {
	if err := s.enter(ctx); err != nil {
		return fmt.Errorf("import jobs: %w", err)
	}
	defer s.calls.Done()
	writing, ctx := errgroup.WithContext(ctx)
	writing.SetLimit(imports)
	for _, j := range jobs {
		writing.Go(func() error {
			if err := s.take(ctx, j); err != nil {
				return fmt.Errorf("import job %s: %w", j.ID, err)
			}
			return nil
		})
	}
	return writing.Wait()
}

// take stores a job as it stands.
func (s *Store) take(ctx context.Context, j *job.Job) error {
	if err := s.hold(ctx, j.ID); err != nil {
		return err
	}
	defer s.letGo(j.ID)
	if _, err := s.find(j.ID); err == nil {
		return job.ErrExists
	}
	return s.add(j)
}
