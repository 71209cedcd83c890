package pgstore

import (
	"context"
	"errors"
	"slices"
	"time"

	"morag/internal/fleet"
	"morag/internal/fleet/column"
	"morag/internal/postgres"
	"morag/internal/sqlrow"
)

// See implements [fleet.Store]: however many there are, by a few statements.
func (s *Store) See(ctx context.Context, sightings []fleet.Sighting) error {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		// One server after the other, for each changes many rows.
		if err := s.db.Lock(ctx, "room for workers"); err != nil {
			return err
		}
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		ids, types, versions := make([]string, len(sightings)), make([]string, len(sightings)), make([]string, len(sightings))
		at, fresh := make([]int64, len(sightings)), make([]bool, len(sightings))
		for i, x := range sightings {
			ids[i], at[i], fresh[i] = postgres.Text(x.ID), sqlrow.Micros(now.Add(-x.Ago)), x.New
			types[i], versions[i] = postgres.Text(column.Types(x.Types...)), postgres.Text(x.Version)
		}
		if err := s.addSeen(ctx, ids, at, fresh); err != nil {
			return err
		}
		_, err = s.db.Exec(ctx, `UPDATE fleet_worker AS worker SET seen = greatest(worker.seen, said.at),
			types = coalesce(nullif(said.types, ''), worker.types), version = coalesce(nullif(said.version, ''), worker.version)
			FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[]) AS said (id, at, types, version)
			WHERE worker.id = said.id`, ids, at, types, versions)
		if err != nil {
			return err
		}
		return s.reward(ctx, sightings, now)
	})
	return fault("note who was seen", err)
}

// addSeen stores those that are new, as nobody's, as far as there is room.
func (s *Store) addSeen(ctx context.Context, ids []string, at []int64, fresh []bool) error {
	if !slices.Contains(fresh, true) {
		return nil
	}
	n, err := s.db.Exec(ctx, `INSERT INTO fleet_worker (`+column.Names+`)
		SELECT said.id, '', '', '', said.at, false, 0, 0, 'null', 0, 0, 0 FROM unnest($1::text[], $2::bigint[], $3::boolean[]) AS said (id, at, fresh)
		WHERE said.fresh AND NOT EXISTS (SELECT 1 FROM fleet_worker WHERE fleet_worker.id = said.id)
		LIMIT greatest(0, $4 - (SELECT coalesce(sum(workers), 0) FROM fleet_owner))`, ids, at, fresh, s.limits.Workers)
	if err != nil || n == 0 {
		return err
	}
	return s.count(ctx, "", int(n))
}

// reward notes the jobs that workers have completed.
func (s *Store) reward(ctx context.Context, sightings []fleet.Sighting, now time.Time) error {
	for _, sighting := range sightings {
		if sighting.Done == 0 {
			continue
		}
		w, err := s.one(ctx, sighting.ID)
		if errors.Is(err, fleet.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		w.See(sighting, now)
		if err := s.save(ctx, &w); err != nil {
			return err
		}
	}
	return nil
}
