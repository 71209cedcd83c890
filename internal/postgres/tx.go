package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// tx is a transaction. It is used by one goroutine, from its function's start to its end.
type tx struct {
	db    *DB
	conn  *pgxpool.Conn
	now   time.Time
	hooks []func()
	over  atomic.Bool
}

type txKey struct{}

// tx is the transaction of this database that ctx carries, or nil.
func (db *DB) tx(ctx context.Context) *tx {
	if t, ok := ctx.Value(txKey{}).(*tx); ok && t.db == db {
		return t
	}
	return nil
}

// longest is how many timeouts of a statement a transaction may take.
const longest = 4

// tries is how often a transaction is run that others are in the way of.
const tries = 10

// Write runs fn in a transaction and commits it: when Write returns nil, what fn has done
// is on stable storage. An error of fn, which is returned, undoes it. Within a transaction
// fn joins that, and an error of it undoes what it did and nothing else.
//
// fn is run anew when the database has called it off for the sake of another, so what it
// leaves behind besides rows must be overwritten by its next run. It must not wait for
// anything but the database.
//
// [ErrInDoubt] when the connection was lost while the end was written.
func (db *DB) Write(ctx context.Context, fn func(ctx context.Context) error) error {
	if t := db.tx(ctx); t != nil {
		return t.savepoint(ctx, fn)
	}
	for try := 1; ; try++ {
		err := db.write(ctx, fn)
		if try == tries || !again(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(rand.N(time.Duration(try) * 10 * time.Millisecond)):
		}
	}
}

// write is one try.
func (db *DB) write(ctx context.Context, fn func(ctx context.Context) error) error {
	t, err := db.begin(ctx, beginning(db.cfg.Timeout), readClock)
	if err != nil {
		return err
	}
	defer t.conn.Release() // which closes one that is still in a transaction
	defer t.over.Store(true)
	// A server that was cut off hears nothing of the database's own timeouts.
	bounded, cancel := context.WithTimeout(ctx, longest*db.cfg.Timeout)
	defer cancel()
	if err := t.call(bounded, fn); err != nil {
		t.rollback(ctx)
		return classify(ctx, err)
	}
	if err := t.commit(ctx); err != nil {
		return err
	}
	t.over.Store(true)
	for _, hook := range t.hooks {
		hook()
	}
	return nil
}

// beginning is the SQL that begins a transaction in which nothing waits for longer than
// timeout, nor others for longer for a server that has gone in the midst of it.
func beginning(timeout time.Duration) string {
	ms := strconv.FormatInt(timeout.Milliseconds(), 10)
	return "BEGIN; SET LOCAL statement_timeout = " + ms + "; SET LOCAL idle_in_transaction_session_timeout = " + ms
}

// begin runs statements on a connection that lives: one that was lost while it was idle is
// found out here, and another is taken. With [readClock] as the last it notes the time.
func (db *DB) begin(ctx context.Context, statements ...string) (*tx, error) {
	timed := slices.Contains(statements, readClock)
	for {
		bounded, cancel := context.WithTimeout(ctx, db.cfg.Timeout)
		conn, err := db.pool.Acquire(bounded)
		cancel()
		if err != nil {
			return nil, classify(ctx, err)
		}
		t := &tx{db: db, conn: conn}
		fresh := conn.Conn().PgConn().CustomData()["used"] == nil
		conn.Conn().PgConn().CustomData()["used"] = true
		results, err := conn.Conn().PgConn().Exec(ctx, strings.Join(statements, "; ")).ReadAll()
		if err == nil && timed {
			t.now, err = db.reading(ctx, results)
		}
		if err == nil {
			return t, nil
		}
		lost := conn.Conn().IsClosed()
		t.rollback(ctx)
		conn.Release()
		if !lost || fresh || ctx.Err() != nil {
			return nil, classify(ctx, err)
		}
	}
}

func (t *tx) commit(ctx context.Context) error {
	// A caller who leaves now must not leave the end in doubt.
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.db.cfg.Timeout)
	defer cancel()
	results, err := t.conn.Conn().PgConn().Exec(bounded, "COMMIT").ReadAll()
	switch {
	case err == nil && results[0].CommandTag.String() == "COMMIT":
		return nil
	case err == nil:
		return errors.New("the transaction was rolled back after a statement that had failed")
	case isServer(err) && !goesAway(err):
		return classify(ctx, err)
	}
	return fmt.Errorf("%w: %w", ErrInDoubt, err)
}

func (t *tx) rollback(ctx context.Context) {
	if t.conn.Conn().IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_, _ = t.conn.Exec(ctx, "ROLLBACK") // else the connection is closed
}

// savepoint runs fn so that an error of it undoes what it did and nothing else.
func (t *tx) savepoint(ctx context.Context, fn func(context.Context) error) error {
	if _, err := t.exec(ctx, "SAVEPOINT part"); err != nil {
		return err
	}
	hooks := len(t.hooks)
	err := t.call(ctx, fn)
	end := "RELEASE part"
	if err != nil {
		t.hooks = t.hooks[:hooks]
		end = "ROLLBACK TO part; RELEASE part"
	}
	if _, failed := t.exec(ctx, end); failed != nil && err == nil {
		err = failed
	}
	return err
}

func (t *tx) call(ctx context.Context, fn func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			t.db.cfg.Logger.Error("panic in a transaction", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic in a transaction: %v", p)
		}
	}()
	return fn(context.WithValue(ctx, txKey{}, t))
}

func (t *tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	if t.over.Load() {
		return 0, errOver
	}
	tag, err := t.conn.Exec(ctx, query, args...)
	return tag.RowsAffected(), classify(ctx, err)
}

// AfterCommit has fn run once the transaction that ctx carries is committed, before
// [DB.Write] returns; not at all when it is rolled back. It panics when ctx carries no
// transaction.
func AfterCommit(ctx context.Context, fn func()) {
	t, ok := ctx.Value(txKey{}).(*tx)
	if !ok {
		panic("postgres: AfterCommit outside of a transaction")
	}
	t.hooks = append(t.hooks, fn)
}

// Exec runs a statement that changes something and returns how many rows it has changed;
// only inside [DB.Write].
func (db *DB) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	t := db.tx(ctx)
	if t == nil {
		return 0, errOutside
	}
	return t.exec(ctx, query, args...)
}

// Batch sends many statements at once, in one transaction, and returns when all are done;
// only inside [DB.Write].
func (db *DB) Batch(ctx context.Context, b *pgx.Batch) error {
	t := db.tx(ctx)
	switch {
	case t == nil:
		return errOutside
	case t.over.Load():
		return errOver
	}
	return classify(ctx, t.conn.SendBatch(ctx, b).Close())
}

// Query runs a statement that returns rows, in the transaction that ctx carries, or else
// by itself. The rows must be closed.
func (db *DB) Query(ctx context.Context, query string, args ...any) (*Rows, error) {
	if t := db.tx(ctx); t != nil {
		if t.over.Load() {
			return nil, errOver
		}
		rows, err := t.conn.Query(ctx, query, args...)
		if err != nil {
			return nil, classify(ctx, err)
		}
		return &Rows{Rows: rows, ctx: ctx, done: func() {}}, nil
	}
	bounded, cancel := context.WithTimeout(ctx, db.cfg.Timeout)
	rows, err := db.pool.Query(bounded, query, args...)
	if err != nil {
		cancel()
		return nil, classify(ctx, err)
	}
	return &Rows{Rows: rows, ctx: ctx, done: cancel}, nil
}

// Rows are what [DB.Query] returns.
type Rows struct {
	pgx.Rows
	ctx  context.Context
	done context.CancelFunc
}

// Close ends the reading and returns [Rows.Err]. It may be called again.
func (r *Rows) Close() error {
	r.Rows.Close()
	r.done()
	return r.Err()
}

// Err is the error that has ended the rows, if one has.
func (r *Rows) Err() error { return classify(r.ctx, r.Rows.Err()) }

// Row is what [DB.QueryRow] returns.
type Row struct {
	rows *Rows
	err  error
}

// Scan copies the row's columns. [ErrNoRows].
func (r *Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return ErrNoRows
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	return r.rows.Close()
}

// QueryRow is [DB.Query] for at most one row. Scan must be called.
func (db *DB) QueryRow(ctx context.Context, query string, args ...any) *Row {
	rows, err := db.Query(ctx, query, args...)
	return &Row{rows: rows, err: err}
}

// Outside is ctx without the transaction that it carries: what runs with it is on stable
// storage whatever becomes of that. It takes a connection of its own.
func Outside(ctx context.Context) context.Context { return context.WithValue(ctx, txKey{}, nil) }
