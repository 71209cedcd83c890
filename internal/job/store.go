package job

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// Store keeps jobs. It is the only arbiter of who wins: of callers that race, one
// change happens and the others see its outcome. Every method is safe for
// concurrent use.
//
// Any number of services may share one store, and any number of stores one place, if
// the adapter says so: all that decides over a job is the store's. Its lease, the
// confirmation of its claim and its progress are seen by every caller as they are now,
// whoever brought them, and a job that is claimed by one service may be heard of,
// finished or taken away by another.
//
// Create, Claim, Update and Delete return nil only when the change is on stable
// storage. On any error nothing has changed, except that a ctx that ends while the
// change is being written may leave it made; one that has ended before changes nothing.
// No space is [ErrNoSpace]. A call whose sync fails, or that cannot take back what it
// has written, returns [ErrInDoubt]; so does one whose database is lost while the change
// is committed. Whether it was made shows when the store answers again: until then every
// call returns [ErrUnavailable], from a store of files until it is opened anew, from one
// in a database until that is back.
//
// The store has its own [Policy] and its own [Clock], which never goes backwards: it
// sets Change.Now, and created_at of a later Create is never the earlier one. When it
// is opened, and no other has its place open, it applies [Policy.Resume] to every job.
//
// What a record has that this program does not know, [Job.Extra], is kept with it.
//
// What a store must do is spelled out by the suite in package jobtest, which every
// store passes.
type Store interface {
	// Create stores a new pending job, made by Policy.New. [ErrExists] when the id
	// is taken.
	Create(ctx context.Context, s Spec) (*Job, error)

	// Get returns a copy of the job with its lease and progress as they are now and
	// without ResultData. [ErrNotFound].
	Get(ctx context.Context, id string) (*Job, error)

	// Result returns the accepted result's bytes, nil when there is none.
	// [ErrNotFound].
	Result(ctx context.Context, id string) (json.RawMessage, error)

	// Claim makes up to n jobs of these types the claimant's, of those that are
	// [Policy.Claimable], over all the types. The owners take turns, by [share.Turn], of
	// which those who are equal come by name; what each has in hand are its jobs in
	// processing. Of an owner's jobs the one of the highest priority is first, then the
	// oldest. A store that is opened anew may have forgotten who was served when.
	// None is no error. Its cost grows with how many owners have jobs, not with those. If it fails after
	// some were claimed, it returns those with no error. All jobs of one call get the
	// same ClaimID, which no other call gets.
	Claim(ctx context.Context, c Claimant, types []string, n int) ([]*Job, error)

	// Update applies one change by [Policy.Apply] and returns the job after it, with
	// Apply's errors. With [ErrRepeated], [ErrConflict] and [ErrLeaseLost] it returns
	// the job as it stands beside the error. An event that shows the holder alive
	// ([Event.Heard]) confirms the other jobs of its claim, as Alive does.
	Update(ctx context.Context, id string, c Change) (*Job, error)

	// Alive applies a heartbeat by [Policy.Alive], with its errors and [ErrNotFound];
	// the job is returned as by Update. The jobs of the same ClaimID that are not
	// confirmed yet are confirmed with it: they came in the same answer. It is cheap:
	// only the first heartbeat of an attempt is written.
	Alive(ctx context.Context, id string, b Beat) (*Job, error)

	// Due returns up to n changes that time has brought (deadline, lost lease,
	// unconfirmed claim), soonest first, and how long until the next one after
	// those (at most a minute; less when something is due already).
	Due(ctx context.Context, n int) ([]Due, time.Duration, error)

	// List returns jobs without ResultData, newest first, and the cursor of the next
	// page, "" at the end. Over the pages every job that was there at the first comes
	// once, whatever is created meanwhile. [ErrCursor] when the cursor is not one that
	// List has returned.
	List(ctx context.Context, f Filter) ([]*Job, string, error)

	// Over returns up to n jobs that have been over for age or longer, the one that
	// ended first at first, and the cursor of the next page, "" at the end. Of each only
	// ID, Status, ContentType, IngestionTaskID, CreatedAt and CompletedAt are set, so
	// that no record need be read. Over the pages every such job comes once, whatever is
	// deleted meanwhile. [ErrCursor].
	Over(ctx context.Context, age time.Duration, cursor string, n int) ([]*Job, string, error)

	// Held returns who holds the jobs of a type, or of all types if contentType is "",
	// in no order. Its cost grows with them alone, and no record is read.
	Held(ctx context.Context, contentType string) ([]Held, error)

	// Delete removes a terminal job. [ErrNotFound], [ErrConflict] when it is not
	// terminal.
	Delete(ctx context.Context, id string) error

	// Stats returns counters that are kept, not counted.
	Stats(ctx context.Context) (Stats, error)

	// Pending returns how many jobs are pending, of one owner or, for "", of all, as Stats
	// does, at the cost of a look.
	Pending(ctx context.Context, owner string) (int, error)

	// Wake tells that jobs may have become claimable. A hint may come late, twice or
	// for nothing, but after a job becomes claimable for anybody (see [Policy.Opens]) one
	// for its type follows, naming the worker if it is for that one alone; also for those
	// that are claimable when the reading begins. Each caller reads by a channel of its
	// own and gets every hint; whether it reads holds up nothing. The channel is closed
	// when ctx ends and by Close.
	Wake(ctx context.Context) <-chan Hint

	// Changes returns up to n jobs that were created or changed after the mark, without
	// ResultData, each once and as it is now, the one that was changed longest ago first,
	// and the mark to go on from. A negative mark stands for now: then there is nothing but
	// the mark. A heartbeat counts, what was deleted is left out. [ErrCursor] when the mark
	// is none, or so old that not all changes since are known; one that another opening of
	// the store has returned may be taken for one of this.
	Changes(ctx context.Context, after int64, n int) ([]*Job, int64, error)

	// Close lets the store go, once the calls that run have ended. Calls after it
	// answer [ErrUnavailable]; a second Close returns nil.
	Close() error
}

// Claimant is who claims.
type Claimant struct {
	Key      string // the name of its key, "" without keys
	WorkerID string
	Lease    time.Duration // 0 for none, whole seconds
}

// Due is a change that time has brought.
type Due struct {
	ID    string
	Event Event
}

// Held is a job in processing, as far as it matters who holds it.
type Held struct {
	ID          string
	ContentType string
	WorkerID    string
	ClaimedBy   string // the name of the key, "" without keys
	Attempt     int
}

// Filter selects jobs; the zero value selects all.
type Filter struct {
	Status      Status
	ContentType string
	WorkerID    string // who holds it or, when it is over, held it last
	Prefix      string // that the id begins with
	Limit       int    // 0 for 100, at most 1000
	Cursor      string
}

// PageBytes is how many bytes of options, by [Job.Bytes], a page of jobs holds: it ends with
// the job that reaches them, however many more were asked for.
const PageBytes = 1 << 20

// PageSize is how many jobs a page of f holds at most.
func (f Filter) PageSize() int {
	if f.Limit <= 0 {
		return 100
	}
	return min(f.Limit, 1000)
}

// Matches tells whether f selects j.
func (f Filter) Matches(j *Job) bool {
	return (f.Status == "" || f.Status == j.Status) &&
		(f.ContentType == "" || f.ContentType == j.ContentType) &&
		(f.WorkerID == "" || f.WorkerID == j.WorkerID) &&
		strings.HasPrefix(j.ID, f.Prefix)
}

// Stats is what a store has counted.
type Stats struct {
	Status map[Status]int
	Type   map[string]int
	Depth  map[string]map[Status]int // by content type and status; none is left out
	// Waiting is, by content type, how many jobs are pending and since when the
	// oldest of them.
	Waiting map[string]Waiting
	Bytes   int64 // of the records on storage
}

// Waiting is the backlog of one content type.
type Waiting struct {
	Count  int
	Oldest time.Time // CreatedAt of the oldest, zero when none
}
