package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
)

// maxGroup bounds how many functions share one commit, and so what is lost together
// when that commit fails.
const maxGroup = 256

// Write runs fn in a transaction and returns when it is on stable storage. Inside a
// transaction of the same database, as ctx tells, fn belongs to that one; otherwise
// it is handed to the writer, which runs the functions that wait one after the other
// and commits them together.
//
// An error of fn, or a panic, undoes what fn did and nothing else, and is returned.
// fn must use the context it is given, keep to its goroutine, and neither wait for
// anything slow nor call Write with a context from outside, which would wait for
// itself.
//
// When ctx ends before fn's turn has come, fn is not run and ctx's error returned;
// once begun, fn runs to its end. [ErrBusy], [ErrNoSpace], [ErrClosed], [ErrFailed].
// After any error nothing of fn is stored, but for [ErrFailed], where that is not
// known.
func (db *DB) Write(ctx context.Context, fn func(ctx context.Context) error) error {
	if t := db.tx(ctx); t != nil {
		return t.savepoint(ctx, fn)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	w := &turn{ctx: ctx, fn: fn, answer: make(chan error, 1)}
	if err := db.enqueue(w); err != nil {
		return err
	}
	select {
	case err := <-w.answer:
		return err
	case <-ctx.Done():
		if w.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		return <-w.answer
	}
}

// turn is a function that waits for the writer. taken belongs to whoever sets it:
// the writer, which then answers, or the caller, who has gone.
type turn struct {
	ctx    context.Context
	fn     func(context.Context) error
	taken  atomic.Bool
	err    error
	answer chan error
}

func (db *DB) enqueue(w *turn) error {
	db.mu.RLock()
	defer db.mu.RUnlock()
	if db.closed {
		return ErrClosed
	}
	select {
	case <-db.failed:
		return ErrFailed
	default:
	}
	select {
	case db.queue <- w:
		return nil
	default:
		return ErrBusy
	}
}

// serve is the writer: it runs one group after the other until the queue is closed
// and empty. Each has a goroutine of its own, so that a function that ends it, as
// testing's FailNow does, does not end the writer.
func (db *DB) serve() {
	defer close(db.stopped)
	for first := range db.queue {
		done := make(chan struct{})
		go func() {
			defer close(done)
			db.runGroup(first)
		}()
		<-done
	}
}

// group is the functions that share one commit.
type group struct {
	db        *DB
	turns     []*turn
	hooks     []func()
	broken    error // why the whole transaction is lost
	committed bool
}

func (db *DB) runGroup(first *turn) {
	g := &group{db: db}
	defer g.reply()
	ctx := context.Background()
	g.broken = g.begin(ctx)
	for w := first; w != nil; w = g.next() {
		if w.taken.CompareAndSwap(false, true) {
			g.turns = append(g.turns, w)
			g.run(w)
		}
	}
	if g.broken != nil {
		return
	}
	began := db.cfg.Now()
	if g.broken = classify(db.conn.commit(ctx)); g.broken != nil {
		return
	}
	if db.cfg.Committed != nil {
		db.cfg.Committed(db.cfg.Now().Sub(began))
	}
	g.committed = true
	db.commits.Add(1)
	for _, hook := range g.hooks {
		g.after(hook)
	}
}

func (g *group) begin(ctx context.Context) error {
	select {
	case <-g.db.failed:
		return ErrFailed
	default:
		return classify(g.db.conn.begin(ctx))
	}
}

// next is one more function that waits now, nil when the group is whole.
func (g *group) next() *turn {
	if len(g.turns) == maxGroup {
		return nil
	}
	select {
	case w := <-g.db.queue: // nil once closed and empty
		return w
	default:
		return nil
	}
}

// run runs one function unless the transaction is lost already.
func (g *group) run(w *turn) {
	if g.broken != nil {
		return
	}
	t := &tx{group: g}
	defer t.over.Store(true)
	w.err = t.savepoint(context.WithValue(w.ctx, txKey{}, t), w.fn)
	g.hooks = append(g.hooks, t.hooks...)
}

// reply answers every caller: its own error, or else the group's. It is deferred,
// so that it also runs when a function has ended the goroutine.
func (g *group) reply() {
	if !g.committed {
		if g.broken == nil {
			g.broken = errEnded
		}
		g.db.conn.drop(context.Background())
	}
	if errors.Is(g.broken, ErrFailed) {
		g.db.failure.Do(func() { close(g.db.failed) })
	}
	for _, w := range g.turns {
		if w.err == nil && g.broken != nil {
			w.err = fmt.Errorf("commit: %w", g.broken)
		}
		w.answer <- w.err
	}
}

func (g *group) after(hook func()) {
	defer func() {
		if p := recover(); p != nil {
			g.db.cfg.Logger.Error("panic after a commit", "panic", p, "stack", string(debug.Stack()))
		}
	}()
	hook()
}
