package ingest

import (
	"context"
	"errors"
	"time"

	"morag/internal/task"
)

// secretPage is how many tasks are made to forget their secrets together.
const secretPage = 200

// ForgetSecrets removes the secrets of tasks that have ended longer than age ago, as many
// as make a page, and tells whether there may be more.
func (s *Service) ForgetSecrets(ctx context.Context, age time.Duration) (forgotten int, more bool, err error) {
	ids, err := s.tasks.Secretive(ctx, s.now().Add(-age), secretPage)
	if err != nil {
		return 0, false, err
	}
	for _, id := range ids {
		_, err := s.tasks.Update(ctx, id, func(t *task.Task, _ time.Time) error { t.Forget(); return nil })
		if err != nil && !errors.Is(err, task.ErrNotFound) {
			return forgotten, false, err
		}
		forgotten++
	}
	return forgotten, len(ids) == secretPage, nil
}
