package task

import (
	"context"
	"strconv"
	"time"
)

// Store keeps tasks. Every method is safe for concurrent use, joins the transaction
// that ctx carries, and returns nil only when the change is on stable storage (or,
// inside a transaction, will be when that commits). Any of them may answer
// [ErrNoSpace] or [ErrUnavailable].
type Store interface {
	// Create stores a new task as revision 1 and sets its Revision and Submitted, which
	// grows with every task and is never given twice; CreatedAt and, of a queued task,
	// RunAt are the store's time when they are zero. [ErrExists].
	Create(ctx context.Context, t *Task) error

	// Get returns a copy. [ErrNotFound].
	Get(ctx context.Context, id string) (*Task, error)

	// Update applies rule to a copy of the task, stores it and returns it, in one
	// transaction. now is the store's time, by which alone rules decide. What rule
	// returns is returned as it is and then nothing is stored; rule is pure and may run
	// twice. A rule that leaves the revision alone writes nothing. [ErrNotFound].
	Update(ctx context.Context, id string, rule func(t *Task, now time.Time) error) (*Task, error)

	// Claim starts the next queued task that [Task.Ready] lets run, by [Task.Start]. The
	// owners take turns, by [share.Turn], of which those who are equal come by name; what
	// each has in hand are its running tasks. Of an owner's tasks the one of the highest
	// priority is first, then the oldest. nil, nil when there is none. A lease is at most
	// [LongestLease]. Its cost grows with how many owners have tasks, not with those.
	Claim(ctx context.Context, runner string, lease time.Duration) (*Task, error)

	// NextRun returns how long until the next queued task may run: 0 when one may
	// already, at most [LongestLook].
	NextRun(ctx context.Context) (time.Duration, error)

	// Renew lengthens the leases of runs, in one write, notes how far each is, and
	// returns those that do not hold their task any more: it was called off, has ended,
	// or was given to another run. It is a heartbeat and no change: revisions stay. A
	// lease that has not [Task.Lapsed] never becomes shorter; a run without a message has
	// nothing to note.
	Renew(ctx context.Context, lease time.Duration, runs []Run) (lost []Run, err error)

	// Forsake ends the leases of all runs of the runner, which is known to be dead.
	Forsake(ctx context.Context, runner string) error

	// Lost returns the ids of running tasks whose lease has [Task.Lapsed], for
	// [Task.Lose].
	Lost(ctx context.Context) ([]string, error)

	// Ripe returns the ids of up to n batches that wait although all their items have
	// ended.
	Ripe(ctx context.Context, n int) ([]string, error)

	// CountItems returns how many items of the batch there are of each status.
	CountItems(ctx context.Context, batch string) (map[Status]int, error)

	// ClaimNotices gives up to n tasks whose pending notice is due to a deliverer until
	// the lease ends, by [Task.TakeNotice]: no two of one owner or with the same
	// [Task.Receiver], and none that is busy. The owners take turns, by [share.Turn], of
	// which those who are equal come by name; what each has in hand are the notices that
	// deliverers have. Of an owner's the one that was due first is first. wait is how long
	// until the time of another comes, at most [LongestLook].
	ClaimNotices(ctx context.Context, deliverer string, busy Busy, n int, lease time.Duration) (due []*Task, wait time.Duration, err error)

	// ForsakeNotices takes back all notices that the deliverer, which is known to be dead,
	// has in hand, by [Task.ReturnNotice].
	ForsakeNotices(ctx context.Context, deliverer string) error

	// WaitingForJobs returns a page of the tasks that wait for a remote job, oldest first,
	// and the cursor of the next, "" at the end. Its cost grows with what it returns, not
	// with what else is kept. [ErrCursor].
	WaitingForJobs(ctx context.Context, w Wait) ([]*Task, string, error)

	// Orphans returns at most n tasks that are [Task.Orphaned], oldest first. Its cost
	// grows with them alone.
	Orphans(ctx context.Context, n int) ([]*Task, error)

	// Phases returns the phase of each of these tasks that is there, in one query.
	Phases(ctx context.Context, ids []string) (map[string]Phase, error)

	// Secretive returns the ids of at most n tasks that keep secrets, have ended before that
	// time and have no pending notice, longest ago first, for [Task.Forget].
	Secretive(ctx context.Context, before time.Time, n int) ([]string, error)

	// Backlog returns what there is to do. Its cost grows with that, not with what is kept.
	Backlog(ctx context.Context) (Backlog, error)

	// Wake returns a channel that receives after changes which give the hint, until ctx
	// ends. It is no more than a hint: it may come late, for nothing or, of a change that
	// another process made, not at all; and what only time brings is not told. Every
	// reader has a channel of its own, and whether it reads holds up nothing.
	Wake(ctx context.Context, of Hint) <-chan struct{}

	// List returns tasks, newest first, and the cursor of the next page, "" at the
	// end. Walking the pages meets every task that was there at the start exactly
	// once, whatever is created meanwhile, if its status stays. [ErrCursor].
	List(ctx context.Context, f Filter) ([]*Task, string, error)

	// Changes returns up to n tasks that were created or changed after the mark, each once
	// and as it is now, the one that was changed longest ago first, and the mark to go on
	// from. A negative mark stands for now: then there is nothing but the mark. What another
	// store at the same place has changed counts, a renewal does not. Its cost grows with
	// what it returns.
	Changes(ctx context.Context, after int64, n int) ([]*Task, int64, error)

	// Count returns how many tasks there are of each of these statuses, of all without
	// any. owner "" counts everybody's.
	Count(ctx context.Context, owner string, of ...Status) (map[Status]int, error)
}

// Backlog is what there is to do.
type Backlog struct {
	// Queued, Running and Waiting are how many tasks there are of each phase.
	Queued, Running, Waiting int
	// Late is for how long the queued task whose time came first could have run already, 0
	// when none may run.
	Late time.Duration
	// Notices is how many tasks have a pending notice, and NoticeLate for how long the one
	// that was due first could have been claimed already, 0 when none is due.
	Notices    int
	NoticeLate time.Duration
}

// LongestLook is the longest wait that a store names before it is to be asked again.
const LongestLook = time.Minute

// Busy is who gets no more tries of notices for now.
type Busy struct {
	Owners    []string
	Receivers []string
}

// Run is one run of a task: the task and the attempt that it is.
type Run struct {
	TaskID  string
	Attempt int
	// Done is how far the stage is, 0–1, and Message a few words about it.
	Done    float64
	Message string
}

// Version names the chunks that the run stages: two runs never share one.
func (r Run) Version() string { return r.TaskID + "-" + strconv.Itoa(r.Attempt) }

// Run is the run that holds t, or held it last.
func (t *Task) Run() Run {
	return Run{TaskID: t.ID, Attempt: t.Attempt, Done: t.Done, Message: t.Message}
}

// Filter selects tasks; the zero value selects all.
type Filter struct {
	Owner  string
	Prefix string   // that the id begins with
	Batch  string   // its items
	Status []Status // any of these; none for any
	Limit  int      // 0 for 100, at most 1000
	Cursor string
}

// PageBytes is about how many bytes of tasks, by [Task.Bytes], a page holds: it ends with the
// task that reaches them, however many more were asked for.
const PageBytes = 1 << 20

// PageSize is how many tasks a page of f holds at most.
func (f Filter) PageSize() int {
	if f.Limit <= 0 {
		return 100
	}
	return min(f.Limit, 1000)
}
