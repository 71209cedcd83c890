package dispatch

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"morag/internal/fleet"
)

// maxSightings is how many workers are noted between two writes, which a stranger could
// otherwise invent without end. A key has no more than it leaves free: as many as it may
// have workers are noted beside as many of two others.
const maxSightings = 80_000

// sightings are what has been seen of workers and is to be written soon, for all of them
// together: neither a poll nor a heartbeat waits for a disk. What a crash takes is no
// more than [fleet.SightingEvery] of it. It is safe for concurrent use.
type sightings struct {
	now  func() time.Time
	mu   sync.Mutex
	seen map[string]sighting // by worker, guarded by mu
	of   map[string]int      // how many of those were noted of a key, guarded by mu
}

type sighting struct {
	fleet.Sighting
	at time.Time
}

func newSightings(now func() time.Time) *sightings {
	return &sightings{now: now, seen: map[string]sighting{}, of: map[string]int{}}
}

// see notes that a worker of a key was seen, and what it has said of itself, if anything.
func (l *sightings) see(key, id string, types []string, version string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(key, id, sighting{fleet.Sighting{ID: id, Types: types, Version: version}, l.now()})
}

// meet notes that a worker was seen that is not known and belongs to nobody. Only a server
// without keys has such workers, so that there is no key to count them to.
func (l *sightings) meet(id string, types []string, version string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add("", id, sighting{fleet.Sighting{ID: id, Types: types, Version: version, New: true}, l.now()})
}

// unknown tells whether a worker was met and that is not written yet.
func (l *sightings) unknown(id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen[id].New
}

// done notes that a worker has completed a job. It is counted to no key: who may speak as
// the worker was asked before, and there is one for each job that the worker has held and
// whose result was taken, so that nobody can fill or forge what is another's.
func (l *sightings) done(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add("", id, sighting{fleet.Sighting{ID: id, Done: 1}, l.now()})
}

// add adds a later sighting to what there is of a worker. The empty key has no bound of
// its own. mu is held.
func (l *sightings) add(key, id string, s sighting) {
	before, known := l.seen[id]
	if free := maxSightings - len(l.seen); !known && (free <= 0 || key != "" && l.of[key] >= free) {
		return // it is seen again
	}
	if !known {
		l.of[key]++
	}
	if s.Types == nil {
		s.Types = before.Types
	}
	if s.Version == "" {
		s.Version = before.Version
	}
	s.Done += before.Done
	s.New = s.New || before.New
	l.seen[id] = s
}

// take takes all that is to be written.
func (l *sightings) take() []fleet.Sighting {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	all := make([]fleet.Sighting, 0, len(l.seen))
	for _, s := range l.seen {
		s.Ago = max(now.Sub(s.at), 0)
		all = append(all, s.Sighting)
	}
	l.seen, l.of = map[string]sighting{}, map[string]int{} // what a crowd has made large goes
	return all
}

// writeSightings writes who was seen. What cannot be written is lost: it is seen again soon.
func (s *Service) writeSightings(ctx context.Context) {
	all := s.sightings.take()
	if len(all) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	err := s.fleet.See(ctx, all)
	for part := range slices.Chunk(all, most) { // a crowd is not read back all at once
		if err != nil {
			break
		}
		err = s.makeRoom(ctx, part)
	}
	if err != nil {
		s.log.Warn("who was seen could not be noted", "workers", len(all), "err", err)
	}
}

// makeRoom makes those known that were new and for whom there was no room.
func (s *Service) makeRoom(ctx context.Context, seen []fleet.Sighting) error {
	var fresh []string
	for _, sighting := range seen {
		if sighting.New {
			fresh = append(fresh, sighting.ID)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	found, _, err := s.fleet.Find(ctx, fresh...)
	if err != nil {
		return err
	}
	for _, sighting := range seen {
		if _, known := found[sighting.ID]; known || !sighting.New {
			continue
		}
		err := s.introduce(ctx, fleet.Worker{ID: sighting.ID, Types: sighting.Types, Version: sighting.Version, Done: sighting.Done})
		if err != nil && !errors.Is(err, fleet.ErrExists) {
			return err
		}
	}
	return nil
}

// sightingLoop writes who was seen, and that this server lives, until ctx ends.
func (s *Service) sightingLoop(ctx context.Context) {
	see, beat := time.NewTicker(fleet.SightingEvery), time.NewTicker(fleet.BeatEvery)
	defer see.Stop()
	defer beat.Stop()
	for {
		select {
		case <-see.C:
			s.writeSightings(ctx)
		case <-beat.C:
			if err := s.fleet.Beat(ctx, s.server); err != nil && ctx.Err() == nil {
				s.log.Warn("that this server lives could not be noted", "err", err)
			}
		case <-ctx.Done():
			s.writeSightings(ctx)
			if err := s.fleet.Leave(context.WithoutCancel(ctx), s.server); err != nil {
				s.log.Warn("that this server ends could not be noted", "err", err)
			}
			return
		}
	}
}
