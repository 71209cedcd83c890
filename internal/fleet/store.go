package fleet

import (
	"context"
	"errors"
	"slices"
	"time"
)

// What a store can answer. Adapters wrap them with %w.
var (
	// ErrNotFound: no worker of that id is known.
	ErrNotFound = errors.New("no such worker")
	// ErrExists: a worker of that id is known.
	ErrExists = errors.New("worker exists")
	// ErrTaken: the worker's id belongs to another key.
	ErrTaken = errors.New("worker_id belongs to another key")
	// ErrFull: as many workers are known as may be.
	ErrFull = errors.New("too many workers")
	// ErrCursor: not a cursor that List has returned.
	ErrCursor = errors.New("bad cursor")
	// ErrUnavailable: the store cannot be asked, or has no room; nothing changed.
	ErrUnavailable = errors.New("worker store unavailable")
)

// Store keeps workers and servers, for any number of servers. Every method is safe for
// concurrent use, and returns nil only when its change is on stable storage. The store
// has its own [Limits] and its own clock, by which alone its rules decide. Any method may
// return [ErrUnavailable].
//
// What a store must do is spelled out by the suite in package fleettest.
type Store interface {
	// Add makes a worker known, seen at the store's time. [ErrExists]; [ErrFull] when
	// as many are known as its [Limits] allow, in all or of the key.
	Add(ctx context.Context, w Worker) error

	// Evict forgets the worker that has been silent for longest to make room for one of
	// the key: of the key's own when its share is used up, else of all. Drained ones and
	// those of keep stay. Where there is room it does nothing. [ErrFull] when nobody may
	// be forgotten.
	Evict(ctx context.Context, key string, keep []string) error

	// Find returns those of the workers that are known, by id, and the store's time, by
	// which to judge them.
	Find(ctx context.Context, ids ...string) (map[string]Worker, time.Time, error)

	// Own gives a worker's id to key if it belongs to was until now, "" for none.
	// [ErrTaken] when it belongs to another, [ErrNotFound]. What key has may come to be
	// more than its share.
	Own(ctx context.Context, id, key, was string) error

	// Update applies rule to a worker and returns it as it is then. rule is pure, may
	// run twice, and changes neither ID nor Key. [ErrNotFound].
	Update(ctx context.Context, id string, rule func(w *Worker, now time.Time)) (Worker, error)

	// See applies [Worker.See] for each of the sightings, no two of one worker, in one
	// write. A worker that is not known is left out, or added when the sighting says that
	// it is new and there is room.
	See(ctx context.Context, sightings []Sighting) error

	// List returns a page of the workers, the one seen last first and of several at one
	// moment by id, and the cursor of the next page, "" at the end. Who is seen meanwhile
	// moves to the front, and is in no later page. [ErrCursor].
	List(ctx context.Context, p Page) (workers []Worker, next string, err error)

	// Any tells whether there is a worker that f selects. Its cost may grow with those
	// that were seen within the time that f names, not with those known.
	Any(ctx context.Context, f Filter) (bool, error)

	// Count returns how many workers are in each state, of which [Worker.State] is the rule.
	Count(ctx context.Context) (map[State]int, error)

	// Wake returns a channel that receives after an Update by which a worker may get
	// jobs again, until ctx ends. It is a hint, and may not come for a change that was
	// made by another store at the same place: who depends on it looks now and then.
	Wake(ctx context.Context) <-chan struct{}

	// Start notes that a server has begun. An earlier one of the same name is over, so
	// that when no other is alive, [Up] begins anew.
	Start(ctx context.Context, server string) error

	// Beat notes that a server lives. It is to be called every [BeatEvery].
	Beat(ctx context.Context, server string) error

	// Leave notes that a server has ended.
	Leave(ctx context.Context, server string) error

	// UpSince is since when at least one server has been alive without a gap; the
	// present when none is.
	UpSince(ctx context.Context) (time.Time, error)
}

// Filter selects workers; the zero value selects all.
type Filter struct {
	Key         string        // whose id belongs to this key
	ContentType string        // that convert this type
	Within      time.Duration // that were seen so lately, 0 for ever
	Working     bool          // that are given jobs: not drained, not set aside
}

// Matches tells whether f selects w.
func (f Filter) Matches(w *Worker, now time.Time) bool {
	return (f.Key == "" || f.Key == w.Key) &&
		(f.ContentType == "" || slices.Contains(w.Types, f.ContentType)) &&
		(f.Within == 0 || now.Sub(w.LastSeen) < f.Within) &&
		(!f.Working || w.MayWork(now))
}
