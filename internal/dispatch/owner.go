package dispatch

import (
	"context"
	"errors"
	"fmt"

	"morag/internal/fleet"
	"morag/internal/job"
)

// ErrWorkerTaken: the worker's id belongs to another key.
var ErrWorkerTaken = fleet.ErrTaken

// Holder is who says to hold a job. What it does not say is empty, and not checked.
type Holder struct {
	Key      string // the name of its key
	WorkerID string
	Attempt  int
}

// maxRaces bounds how often a step is taken anew because another server was faster.
const maxRaces = 10

// meet makes the worker that polls known, as its key's, and tells whether it is given
// jobs now. [ErrWorkerTaken]; [fleet.ErrFull].
func (s *Service) meet(ctx context.Context, p Poll) (mayWork bool, err error) {
	if err := s.granted(p.WorkerID, p.Key); err != nil {
		return false, err
	}
	for range maxRaces {
		w, now, err := s.lookups.find(ctx, p.WorkerID)
		if err != nil {
			return false, err
		}
		known := w != nil
		switch {
		case known:
			err = s.own(ctx, w, p.Key)
		case p.Key == "" && !s.shared: // nobody's: it may be written with the others
			s.sightings.meet(p.WorkerID, p.Types, p.Version)
			return true, nil
		default:
			w = &fleet.Worker{ID: p.WorkerID, Key: p.Key, Types: p.Types, Version: p.Version}
			err = s.introduce(ctx, *w)
		}
		if raced(err) {
			continue
		}
		if err != nil {
			return false, err
		}
		if known {
			s.sightings.see(p.Key, p.WorkerID, p.Types, p.Version)
		}
		return w.MayWork(now), nil
	}
	return false, fmt.Errorf("worker %s changes too often: %w", p.WorkerID, fleet.ErrUnavailable)
}

// raced tells whether err says that what was read has changed since.
func raced(err error) bool {
	return errors.Is(err, fleet.ErrExists) || errors.Is(err, fleet.ErrNotFound) || errors.Is(err, errPassedOn)
}

// errPassedOn: the id was given to somebody else since it was looked up.
var errPassedOn = errors.New("worker_id has passed on")

// own is nil when key may speak as w, which is given to it if it is free to be.
func (s *Service) own(ctx context.Context, w *fleet.Worker, key string) error {
	give, err := w.Owner(key, s.mayHave(w.ID))
	if err != nil || !give {
		return err
	}
	err = s.fleet.Own(ctx, w.ID, key, w.Key)
	if errors.Is(err, fleet.ErrTaken) {
		return errPassedOn
	}
	return err
}

// granted is [ErrWorkerTaken] when the operator has given the worker's id to another key,
// whether that has used it or not.
func (s *Service) granted(id, key string) error {
	if of := s.workerOf(id); of != "" && key != "" && of != key {
		return ErrWorkerTaken
	}
	return nil
}

// mayHave tells which keys may keep the id of a worker that they have.
func (s *Service) mayHave(id string) func(key string) bool {
	return func(key string) bool { return s.mayWork(key) && s.granted(id, key) == nil }
}

// introduce makes a new worker known. Where there are too many already, one that has been
// silent for long and holds no job is forgotten for it.
func (s *Service) introduce(ctx context.Context, w fleet.Worker) error {
	for range maxRaces {
		err := s.fleet.Add(ctx, w)
		if !errors.Is(err, fleet.ErrFull) {
			return err
		}
		held, err := s.store.Held(ctx, "")
		if err != nil {
			return err
		}
		holders := make([]string, len(held))
		for i, h := range held {
			holders[i] = h.WorkerID
		}
		if err := s.fleet.Evict(ctx, w.Key, holders); err != nil {
			return err
		}
	}
	return fleet.ErrFull
}

// speaksFor is nil when a key may speak as a worker. It makes no worker known.
func (s *Service) speaksFor(ctx context.Context, id, key string) error {
	if id == "" || key == "" {
		return nil
	}
	if err := s.granted(id, key); err != nil {
		return err
	}
	for range maxRaces {
		found, _, err := s.fleet.Find(ctx, id)
		if err != nil {
			return err
		}
		w, known := found[id]
		if !known {
			return nil
		}
		if err := s.own(ctx, &w, key); !raced(err) {
			return err
		}
	}
	return ErrWorkerTaken
}

// Disown requeues the jobs, uncounted, that are held by keys which may not work any
// more, as [Config.MayWork] tells.
func (s *Service) Disown(ctx context.Context) error {
	held, err := s.store.Held(ctx, "")
	errs := []error{err}
	for _, h := range held {
		if h.ClaimedBy == "" || s.mayWork(h.ClaimedBy) {
			continue
		}
		_, _, err := s.update(ctx, h.ID, job.Change{Event: job.Release, Attempt: h.Attempt})
		if !errors.Is(err, job.ErrConflict) && !errors.Is(err, job.ErrLeaseLost) && !errors.Is(err, job.ErrNotFound) {
			errs = append(errs, err) // else it is not held any more
		}
	}
	return errors.Join(errs...)
}

// knowHolders makes known who holds a job, if nobody does: a folder of a server that kept
// its workers in memory holds jobs of workers that are in no row.
func (s *Service) knowHolders(ctx context.Context) error {
	held, err := s.store.Held(ctx, "")
	if err != nil || len(held) == 0 {
		return err
	}
	ids := make([]string, len(held))
	for i, h := range held {
		ids[i] = h.WorkerID
	}
	found, _, err := s.fleet.Find(ctx, ids...)
	if err != nil {
		return err
	}
	for _, h := range held {
		if _, known := found[h.WorkerID]; known {
			continue
		}
		err := s.fleet.Add(ctx, fleet.Worker{ID: h.WorkerID, Key: h.ClaimedBy})
		if err != nil && !errors.Is(err, fleet.ErrExists) && !errors.Is(err, fleet.ErrFull) {
			return err
		}
	}
	return nil
}
