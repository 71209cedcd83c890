package postgres

import (
	"context"
	"time"
)

// A mark says how far the changes of a table have been followed. Numbers of a sequence will
// not do: they are given while transactions run, so that a smaller one may be seen after a
// greater. A mark is the number of the transaction of a change and, in the lower bits, that
// of the change in it. What is of transactions before the oldest that runs is all there
// will be.
const markBits = 20

// WholeTransaction is the number of a change that stands for all of its transaction.
const WholeTransaction = 1<<markBits - 1

// Xid is SQL for the number of the transaction.
const Xid = "pg_current_xact_id()::text::bigint"

// settling bounds the wait for transactions that have begun before a change: until they
// have ended it is not known what comes before it.
const settling = 5 * time.Second

// Mark is the mark of a change.
func Mark(xid, n int64) int64 { return xid<<markBits | n }

// OfMark are the transaction and the number of a mark.
func OfMark(mark int64) (xid, n int64) { return mark >> markBits, mark & WholeTransaction }

// Running are the number of the oldest transaction that runs, and the next that is given.
func (db *DB) Running(ctx context.Context) (oldest, next int64, err error) {
	err = db.QueryRow(ctx, `SELECT pg_snapshot_xmin(snapshot)::text::bigint, pg_snapshot_xmax(snapshot)::text::bigint
		FROM pg_current_snapshot() AS snapshot`).Scan(&oldest, &next)
	return oldest, next, err
}

// Present is the mark of now: of all transactions that have begun before it. It waits a few
// seconds at most until they have ended; changes of those that then still run come after it.
func (db *DB) Present(ctx context.Context) (int64, error) {
	last := int64(-1)
	late := time.After(settling)
	for {
		oldest, next, err := db.Running(ctx)
		if err != nil {
			return 0, err
		}
		if last < 0 {
			last = next
		}
		if oldest >= last {
			return Mark(oldest-1, WholeTransaction), nil
		}
		again, err := pause(ctx, late)
		if err != nil {
			return 0, err
		}
		if !again {
			return Mark(oldest-1, WholeTransaction), nil
		}
	}
}

// Settled has read return the transactions of changes, in the order of their marks, again
// and again until none can be added any more before the last of them, a few seconds at
// most. It returns how many of those that were read last that holds for.
func (db *DB) Settled(ctx context.Context, read func(ctx context.Context) ([]int64, error)) (n int, err error) {
	late := time.After(settling)
	for {
		oldest, _, err := db.Running(ctx)
		if err != nil {
			return 0, err
		}
		xids, err := read(ctx)
		if err != nil {
			return 0, err
		}
		n := 0
		for n < len(xids) && xids[n] < oldest {
			n++
		}
		if n == len(xids) {
			return n, nil
		}
		if again, err := pause(ctx, late); err != nil || !again {
			return n, err
		}
	}
}

// pause waits a moment for transactions to end; again is false when it is too late for that.
func pause(ctx context.Context, late <-chan time.Time) (again bool, err error) {
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-late:
		return false, nil
	case <-time.After(5 * time.Millisecond):
		return true, nil
	}
}
