package pgstore

import (
	"context"

	"morag/internal/auth"
	"morag/internal/postgres"
)

// freeWorkers is [auth.ErrWorkerID] when a good key of another name has a worker id of k.
func (s *Store) freeWorkers(ctx context.Context, k auth.Key) error {
	var taken int
	err := s.db.QueryRow(ctx, `SELECT count(*) FROM auth_right JOIN auth_key ON id = key_id
		WHERE kind = 'worker_id' AND revoked = 0 AND name <> $1 AND value = ANY ($2::text[])`, postgres.Text(k.Name), postgres.Texts(k.WorkerIDs)).Scan(&taken)
	if err == nil && taken > 0 {
		return auth.ErrWorkerID
	}
	return err
}

// grant stores what a new key may besides its role and its scope.
func (s *Store) grant(ctx context.Context, k auth.Key) error {
	give := func(kind, value string) error {
		_, err := s.db.Exec(ctx, "INSERT INTO auth_right (key_id, kind, value) VALUES ($1, $2, $3)", k.ID, kind, postgres.Text(value))
		return err
	}
	if k.Manage {
		if err := give("manage", ""); err != nil {
			return err
		}
	}
	for _, id := range k.WorkerIDs {
		if err := give("worker_id", id); err != nil {
			return err
		}
	}
	return nil
}
