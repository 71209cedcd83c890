package sqlitestore

import (
	"context"
	"encoding/json"

	"morag/internal/auth"
)

// freeWorkers is [auth.ErrWorkerID] when a good key of another name has a worker id of k.
func (s *Store) freeWorkers(ctx context.Context, k auth.Key) error {
	ids, err := json.Marshal(k.WorkerIDs)
	if err != nil {
		return err
	}
	var taken int
	err = s.db.QueryRow(ctx, `SELECT count(*) FROM auth_right JOIN auth_key ON id = key_id
		WHERE kind = 'worker_id' AND revoked = 0 AND name <> ? AND value IN (SELECT value FROM json_each(?))`, k.Name, string(ids)).Scan(&taken)
	if err == nil && taken > 0 {
		return auth.ErrWorkerID
	}
	return err
}

// grant stores what a new key may besides its role and its scope.
func (s *Store) grant(ctx context.Context, k auth.Key) error {
	give := func(kind, value string) error {
		_, err := s.db.Exec(ctx, "INSERT INTO auth_right (key_id, kind, value) VALUES (?, ?, ?)", k.ID, kind, value)
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
