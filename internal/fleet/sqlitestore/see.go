package sqlitestore

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"morag/internal/fleet"
	"morag/internal/fleet/column"
	"morag/internal/sqlrow"
)

// row is a sighting as the statements read it; what was not said is empty.
type row struct {
	ID      string `json:"id"`
	At      int64  `json:"at"`
	Types   string `json:"types"`
	Version string `json:"version"`
	New     bool   `json:"new"`
}

// See implements [fleet.Store]: however many there are, by a few statements.
func (s *Store) See(ctx context.Context, sightings []fleet.Sighting) error {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		now := s.clock()
		rows, fresh := make([]row, len(sightings)), false
		for i, x := range sightings {
			rows[i] = row{x.ID, sqlrow.Micros(now.Add(-x.Ago)), column.Types(x.Types...), x.Version, x.New}
			fresh = fresh || x.New
		}
		var list strings.Builder
		if err := json.NewEncoder(&list).Encode(rows); err != nil {
			return err
		}
		if fresh {
			if err := s.addSeen(ctx, list.String()); err != nil {
				return err
			}
		}
		_, err := s.db.Exec(ctx, `UPDATE fleet_worker SET seen = max(seen, value ->> 'at'),
			types = coalesce(nullif(value ->> 'types', ''), types),
			version = coalesce(nullif(value ->> 'version', ''), version)
			FROM json_each(?) WHERE fleet_worker.id = value ->> 'id'`, list.String())
		if err != nil {
			return err
		}
		return s.reward(ctx, sightings, now)
	})
	return fault("note who was seen", err)
}

// addSeen stores those of a list that are new, as nobody's, as far as there is room.
func (s *Store) addSeen(ctx context.Context, list string) error {
	added, err := s.db.Exec(ctx, `INSERT INTO fleet_worker (`+column.Names+`)
		SELECT value ->> 'id', '', '', '', value ->> 'at', 0, 0, 0, 'null', 0, 0, 0 FROM json_each(?1)
		WHERE value ->> 'new' AND value ->> 'id' NOT IN (SELECT id FROM fleet_worker)
		LIMIT max(0, ?2 - (SELECT coalesce(sum(workers), 0) FROM fleet_owner))`, list, s.limits.Workers)
	if err != nil {
		return err
	}
	n, err := added.RowsAffected()
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
