package pgstore

import (
	"context"
	"errors"
	"time"

	"morag/internal/fleet"
	"morag/internal/postgres"
	"morag/internal/sqlrow"
)

// Start implements [fleet.Store].
func (s *Store) Start(ctx context.Context, server string) error {
	err := s.updateServer(ctx, server, func(u fleet.Up, alone bool, now time.Time) fleet.Up { return u.Start(alone, now) })
	return fault("start server "+server, err)
}

// Beat implements [fleet.Store].
func (s *Store) Beat(ctx context.Context, server string) error {
	err := s.updateServer(ctx, server, func(u fleet.Up, _ bool, now time.Time) fleet.Up { return u.Renew(now) })
	return fault("note that server "+server+" lives", err)
}

// updateServer notes a server's beat; alone is told whether another has been heard of lately.
func (s *Store) updateServer(ctx context.Context, server string, rule func(u fleet.Up, alone bool, now time.Time) fleet.Up) error {
	return s.db.Write(ctx, func(ctx context.Context) error {
		// The servers say so one after the other.
		if err := s.db.Lock(ctx, "servers"); err != nil {
			return err
		}
		now, err := s.db.Now(ctx)
		if err != nil {
			return err
		}
		up, err := s.up(ctx)
		if err != nil {
			return err
		}
		// Those that have been silent for too long are dead.
		if _, err := s.db.Exec(ctx, "DELETE FROM fleet_server WHERE heard <= $1", sqlrow.Micros(now.Add(-fleet.Gap))); err != nil {
			return err
		}
		var others bool
		if err := s.db.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM fleet_server WHERE name <> $1)", server).Scan(&others); err != nil {
			return err
		}
		up = rule(up, !others, now)
		_, err = s.db.Exec(ctx, `INSERT INTO fleet_server (name, heard) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET heard = $2`, server, sqlrow.Micros(now))
		if err != nil {
			return err
		}
		_, err = s.db.Exec(ctx, `INSERT INTO fleet_up (since, heard) VALUES ($1, $2)
			ON CONFLICT (one) DO UPDATE SET since = $1, heard = $2`, sqlrow.Micros(up.Since), sqlrow.Micros(up.Beat))
		return err
	})
}

func (s *Store) up(ctx context.Context) (fleet.Up, error) {
	var since, heard int64
	err := s.db.QueryRow(ctx, "SELECT since, heard FROM fleet_up").Scan(&since, &heard)
	if errors.Is(err, postgres.ErrNoRows) {
		err = nil
	}
	return fleet.Up{Since: sqlrow.Time(since), Beat: sqlrow.Time(heard)}, err
}

// Leave implements [fleet.Store].
func (s *Store) Leave(ctx context.Context, server string) error {
	err := s.db.Write(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, "DELETE FROM fleet_server WHERE name = $1", server)
		return err
	})
	return fault("end server "+server, err)
}

// UpSince implements [fleet.Store].
func (s *Store) UpSince(ctx context.Context) (time.Time, error) {
	up, err := s.up(ctx)
	if err != nil {
		return time.Time{}, fault("ask since when there are servers", err)
	}
	now, err := s.db.Now(ctx)
	return up.At(now), fault("ask since when there are servers", err)
}

// Others tells whether a server of another name is alive.
func (s *Store) Others(ctx context.Context, name string) (alive bool, err error) {
	now, err := s.db.Now(ctx)
	if err == nil {
		err = s.db.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM fleet_server WHERE name <> $1 AND heard > $2)",
			name, sqlrow.Micros(now.Add(-fleet.Gap))).Scan(&alive)
	}
	return alive, fault("look for other servers", err)
}
