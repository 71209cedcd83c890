package job

import (
	"errors"
	"fmt"
)

// ErrOtherResult: the attempt has sent a result already, of other bytes. It is
// [ErrConflict].
var ErrOtherResult = fmt.Errorf("another result was taken: %w", ErrConflict)

// ErrInDoubt: the store failed while the change was made, or before what belongs to it was.
// Whether it was made shows when the store answers again, see [Store]. It is [ErrUnavailable].
var ErrInDoubt = fmt.Errorf("the change is in doubt: %w", ErrUnavailable)

// What a store or a transition can answer. Adapters wrap them with %w.
var (
	// ErrNotFound: there is no job of that id.
	ErrNotFound = errors.New("no such job")
	// ErrExists: Create met a job of the same id.
	ErrExists = errors.New("job exists")
	// ErrConflict: the event is not allowed in the job's present state.
	ErrConflict = errors.New("not allowed in this state")
	// ErrLeaseLost: the caller speaks for an attempt or as a worker that does not
	// hold the job.
	ErrLeaseLost = errors.New("attempt is not the job's current one")
	// ErrWrongKey: the job was claimed by another key.
	ErrWrongKey = errors.New("job is held by another key")
	// ErrRepeated: the change was already made by the same caller; nothing changes
	// and the caller gets the first answer again.
	ErrRepeated = errors.New("already done")
	// ErrNotYours: an assigned job, or one this worker has just released.
	ErrNotYours = errors.New("job is meant for another worker")
	// ErrCursor: List was handed a cursor that it cannot have returned.
	ErrCursor = errors.New("unreadable cursor")
	// ErrRead: the job is there, but its record cannot be read now; nothing changed.
	ErrRead = errors.New("job cannot be read")
	// ErrNoSpace: the store's disk is full; nothing changed.
	ErrNoSpace = errors.New("no space left for jobs")
	// ErrUnavailable: the store has failed, see [Store] for how long; nothing changed, unless
	// it is [ErrInDoubt].
	ErrUnavailable = errors.New("job store unavailable")
)
