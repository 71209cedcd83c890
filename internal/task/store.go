package task

import (
	"context"
	"time"
)

// Store keeps tasks. Every method is safe for concurrent use, joins the transaction
// that ctx carries, and returns nil only when the change is on stable storage (or,
// inside a transaction, will be when that commits). Any of them may answer
// [ErrNoSpace] or [ErrUnavailable].
type Store interface {
	// Create stores a new task as revision 1 and sets its Revision and Submitted,
	// which grows with every task and is never given twice. [ErrExists].
	Create(ctx context.Context, t *Task) error

	// Get answers a copy. [ErrNotFound].
	Get(ctx context.Context, id string) (*Task, error)

	// ByRemoteJob answers the task whose row names the remote job. [ErrNotFound].
	ByRemoteJob(ctx context.Context, jobID string) (*Task, error)

	// Update applies rule to a copy of the task, stores it and answers it, in one
	// transaction. What rule returns is returned as it is and then nothing is stored;
	// rule is pure and may run twice. A rule that leaves the revision alone writes
	// nothing. [ErrNotFound].
	Update(ctx context.Context, id string, rule func(*Task) error) (*Task, error)

	// Claim starts the next queued task whose time has come, by [Task.Start]:
	// highest priority first, then oldest. nil, nil when there is none.
	Claim(ctx context.Context, runner string, lease time.Duration) (*Task, error)

	// NextRun answers when the next queued task may run; ok is false when none is
	// queued.
	NextRun(ctx context.Context) (at time.Time, ok bool, err error)

	// Renew lengthens the lease of every task that runner holds, in one write. It is
	// a sign of life and no change: the revision stays.
	Renew(ctx context.Context, runner string, lease time.Duration) error

	// Lost answers the ids of running tasks whose lease has ended and, when all is
	// set, also of those that another runner than the one named holds (a server that
	// has the store to itself: the others are dead).
	Lost(ctx context.Context, runner string, all bool) ([]string, error)

	// Waiting answers the tasks that wait for a remote job or for their items, oldest
	// first.
	Waiting(ctx context.Context) ([]*Task, error)

	// Notices answers at most n tasks whose pending notice is due, soonest first,
	// without those whose webhook's host is in busy; and when the next one that is
	// not due yet will be, zero when there is none. Due is what is to be tried by now
	// or further ahead than [LongestNoticeWait]. It gives nothing away: who delivers
	// knows what it has in hand.
	Notices(ctx context.Context, busy []string, n int) (due []*Task, next time.Time, err error)

	// CountNotices answers how many tasks have a pending notice.
	CountNotices(ctx context.Context) (int, error)

	// List answers tasks, newest first, and the cursor of the next page, "" at the
	// end. Walking the pages meets every task that was there at the start exactly
	// once, whatever is created meanwhile, if its status stays. [ErrCursor].
	List(ctx context.Context, f Filter) ([]*Task, string, error)

	// Count answers how many tasks there are of each status. owner "" counts all.
	Count(ctx context.Context, owner string) (map[Status]int, error)
}

// Filter selects tasks; the zero value selects all.
type Filter struct {
	Owner  string
	Status []Status // any of these; none for any
	Limit  int      // 0 for 100, at most 1000
	Cursor string
}

// PageSize is how many tasks a page of f holds.
func (f Filter) PageSize() int {
	if f.Limit <= 0 {
		return 100
	}
	return min(f.Limit, 1000)
}
