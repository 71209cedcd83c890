package pgstore

import (
	"context"
	"errors"

	"morag/internal/fleet"
	"morag/internal/fleet/column"
	"morag/internal/postgres"
)

// full is [fleet.Limits.Full] for a worker of the key.
func (s *Store) full(ctx context.Context, key string) (full, share bool, err error) {
	var all, ofKey int
	err = s.db.QueryRow(ctx, "SELECT coalesce(sum(workers), 0)::bigint, coalesce(sum(workers) FILTER (WHERE owner = $1), 0)::bigint FROM fleet_owner", postgres.Text(key)).Scan(&all, &ofKey)
	if err != nil {
		return false, false, err
	}
	full, share = s.limits.Full(key, all, ofKey)
	return full, share, nil
}

// count keeps in step how many workers belong to a key.
func (s *Store) count(ctx context.Context, key string, change int) error {
	_, err := s.db.Exec(ctx, `INSERT INTO fleet_owner (owner, workers) VALUES ($1, $2)
		ON CONFLICT (owner) DO UPDATE SET workers = fleet_owner.workers + $2`, postgres.Text(key), change)
	if err != nil || change > 0 {
		return err
	}
	_, err = s.db.Exec(ctx, "DELETE FROM fleet_owner WHERE owner = $1 AND workers <= 0", postgres.Text(key))
	return err
}

// mayAdd is nil when w is new and there is room for it.
func (s *Store) mayAdd(ctx context.Context, w *fleet.Worker) error {
	switch _, err := s.one(ctx, w.ID); {
	case err == nil:
		return fleet.ErrExists
	case !errors.Is(err, fleet.ErrNotFound):
		return err
	}
	full, _, err := s.full(ctx, w.Key)
	if err == nil && full {
		err = fleet.ErrFull
	}
	return err
}

// Add implements [fleet.Store].
func (s *Store) Add(ctx context.Context, w fleet.Worker) error {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		if err := s.db.Lock(ctx, "room for workers"); err != nil {
			return err
		}
		if err := s.mayAdd(ctx, &w); err != nil {
			return err
		}
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		w.LastSeen = now
		row, err := column.Values(&w)
		if err != nil {
			return err
		}
		if _, err := s.db.Exec(ctx, "INSERT INTO fleet_worker ("+column.Names+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)", postgres.Values(row)...); err != nil {
			return err
		}
		return s.count(ctx, w.Key, 1)
	})
	return fault("add worker "+w.ID, err)
}

// Evict implements [fleet.Store].
func (s *Store) Evict(ctx context.Context, key string, keep []string) error {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		if err := s.db.Lock(ctx, "room for workers"); err != nil {
			return err
		}
		full, share, err := s.full(ctx, key)
		if err != nil || !full {
			return err
		}
		of, args := "", []any{postgres.Texts(keep)}
		if share {
			of, args = "AND owner = $2", append(args, postgres.Text(key))
		}
		var id, owner string
		err = s.db.QueryRow(ctx, `DELETE FROM fleet_worker WHERE id = (SELECT id FROM fleet_worker
			WHERE NOT drained AND id <> ALL ($1::text[]) `+of+` ORDER BY seen, id LIMIT 1 FOR UPDATE)
			RETURNING id, owner`, args...).Scan(&id, &owner)
		if errors.Is(err, postgres.ErrNoRows) {
			return fleet.ErrFull
		}
		if err != nil {
			return err
		}
		return s.count(ctx, owner, -1)
	})
	return fault("make room for a worker", err)
}

// Own implements [fleet.Store].
func (s *Store) Own(ctx context.Context, id, key, was string) error {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		if err := s.db.Lock(ctx, "room for workers"); err != nil {
			return err
		}
		w, err := s.one(ctx, id)
		if err != nil {
			return err
		}
		if w.Key != was {
			return fleet.ErrTaken
		}
		if _, err := s.db.Exec(ctx, "UPDATE fleet_worker SET owner = $1 WHERE id = $2", postgres.Text(key), id); err != nil {
			return err
		}
		return errors.Join(s.count(ctx, was, -1), s.count(ctx, key, 1))
	})
	return fault("own worker "+id, err)
}
