package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"runtime/debug"
	"sync/atomic"
)

// tx is one function's part of the transaction that a group shares. It is used by
// one goroutine, from the function's start to its end.
type tx struct {
	group *group
	hooks []func()
	over  atomic.Bool
}

type txKey struct{}

// tx is the transaction of this database that ctx carries, or nil.
func (db *DB) tx(ctx context.Context) *tx {
	if t, ok := ctx.Value(txKey{}).(*tx); ok && t.group.db == db {
		return t
	}
	return nil
}

// usable is nil while statements may run. A statement after the end would slip into
// a stranger's transaction, one after SQLite's own rollback would commit by itself.
func (t *tx) usable() error {
	if t.over.Load() {
		return errOver
	}
	return t.group.broken
}

// remember stores the first error that ended the whole transaction.
func (t *tx) remember(err error) error {
	err = classify(err)
	if t.group.broken == nil && breaks(err) {
		t.group.broken = err
	}
	return err
}

// A statement inside a transaction is not tied to its caller's cancellation:
// interrupting a write makes SQLite roll the whole transaction back, which is
// shared with others. The function itself may look at its context.

func (t *tx) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := t.usable(); err != nil {
		return nil, err
	}
	res, err := t.group.db.conn.exec(context.WithoutCancel(ctx), query, args...)
	return res, t.remember(err)
}

func (t *tx) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := t.usable(); err != nil {
		return nil, err
	}
	rows, err := t.group.db.conn.query(context.WithoutCancel(ctx), query, args...)
	return rows, t.remember(err)
}

// savepoint runs fn so that an error of it, a panic too, undoes what it did and
// nothing else.
func (t *tx) savepoint(ctx context.Context, fn func(context.Context) error) error {
	if _, err := t.exec(ctx, "SAVEPOINT part"); err != nil {
		return err
	}
	hooks := len(t.hooks)
	err := t.call(ctx, fn)
	if err == nil {
		if _, err = t.exec(ctx, "RELEASE part"); err == nil {
			return nil
		}
	}
	t.hooks = t.hooks[:hooks]
	for _, undo := range []string{"ROLLBACK TO part", "RELEASE part"} {
		if _, e := t.exec(ctx, undo); e != nil && t.group.broken == nil {
			t.group.broken = fmt.Errorf("undo: %w", e)
		}
	}
	return classify(err)
}

func (t *tx) call(ctx context.Context, fn func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			t.group.db.cfg.Logger.Error("panic in a transaction", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic in a transaction: %v", p)
		}
	}()
	return fn(ctx)
}

// Exec runs a statement that changes something; only inside [DB.Write].
func (db *DB) Exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if t := db.tx(ctx); t != nil {
		return t.exec(ctx, query, args...)
	}
	return nil, errOutside
}

// Query runs a statement that returns rows, in the transaction that ctx carries, or
// else on a connection that only reads and sees what was committed before.
func (db *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if t := db.tx(ctx); t != nil {
		return t.query(ctx, query, args...)
	}
	return db.readers.QueryContext(ctx, query, args...)
}

// Row is what [DB.QueryRow] returns.
type Row struct {
	rows *sql.Rows
	err  error
}

// Scan copies the row's columns, as [sql.Row.Scan] does. [sql.ErrNoRows].
func (r *Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return classify(err)
		}
		return sql.ErrNoRows
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	return classify(r.rows.Close())
}

// QueryRow is [DB.Query] for at most one row. Scan must be called.
func (db *DB) QueryRow(ctx context.Context, query string, args ...any) *Row {
	rows, err := db.Query(ctx, query, args...)
	return &Row{rows: rows, err: err}
}

// AfterCommit has fn run once the transaction that ctx carries is committed, before
// [DB.Write] returns; not at all when it is rolled back. Functions run one after the
// other in the order of the commits, and of the calls within one. fn should be short,
// since the writer waits for it, and must not call [DB.Write]. AfterCommit panics
// when ctx carries no transaction.
func AfterCommit(ctx context.Context, fn func()) {
	t, ok := ctx.Value(txKey{}).(*tx)
	if !ok || t.over.Load() {
		panic("sqlite: AfterCommit outside of a transaction")
	}
	t.hooks = append(t.hooks, fn)
}
