package share

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// ErrFull: too many wait for a place already.
var ErrFull = errors.New("too many are waiting")

// Config is what [Places] there are.
type Config struct {
	Places int // at a time, at least 1
	Line   int // how many may wait, 0 for any number
	// Spare keeps places for who comes next, by [Spares], which is for what may last long.
	Spare bool
}

// Places bounds how much is done at a time, and shares that between owners by [Turn]. Of
// one owner whoever came first is first. It remembers every owner, so they must be few:
// the names of keys. It is safe for concurrent use.
type Places struct {
	Config
	mu      sync.Mutex
	taken   int
	turns   int64
	waiting int
	came    int64 // how many ever
	owners  map[string]*owner
}

type owner struct {
	turn Turn
	line []waiter
}

// waiter is who waits in line: the number of its coming, and where it is told once, nil
// for a place or [ErrFull].
type waiter struct {
	came int64
	told chan error
}

// NewPlaces makes places that are free.
func NewPlaces(c Config) *Places { return &Places{Config: c, owners: map[string]*owner{}} }

// Take waits for a place; free, which may be called once, gives it back. [ErrFull], at
// once or, when an owner who has fewer in line comes, for the last of the owner who has
// most; ctx's error when that ends before there is a place. The owner "" has no part of its own: no places
// are spared from it.
func (p *Places) Take(ctx context.Context, name string) (free func(), err error) {
	told := p.enter(name)
	select {
	case err = <-told:
	case <-ctx.Done():
		err = p.leave(ctx, name, told)
	}
	if err != nil {
		return nil, err
	}
	return func() { p.release(name) }, nil
}

// enter puts a caller in line, and calls who may come.
func (p *Places) enter(name string) chan error {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.owners[name]
	if o == nil {
		o = new(owner)
		p.owners[name] = o
	}
	p.came++
	told := make(chan error, 1)
	o.line = append(o.line, waiter{p.came, told})
	p.waiting++
	p.call()
	if p.Line > 0 && p.waiting > p.Line {
		p.shorten(o)
	}
	return told
}

// shorten sends away whoever came last of the owner who has most in line, which is the
// newcomer's own if that has as many.
func (p *Places) shorten(most *owner) {
	for _, o := range p.owners {
		if len(o.line) > len(most.line) {
			most = o
		}
	}
	last := len(most.line) - 1
	most.line[last].told <- ErrFull
	most.line = most.line[:last]
	p.waiting--
}

// leave takes a caller out of the line whose ctx has ended. If its turn has come at the
// same time, what it was told counts.
func (p *Places) leave(ctx context.Context, name string, told chan error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.owners[name]
	i := slices.IndexFunc(o.line, func(w waiter) bool { return w.told == told })
	if i < 0 {
		return <-told
	}
	o.line = slices.Delete(o.line, i, i+1)
	p.waiting--
	return ctx.Err()
}

func (p *Places) release(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
	p.owners[name].turn.Held--
	p.call()
}

// call gives the free places to those whose turn it is.
func (p *Places) call() {
	for p.taken < p.Places {
		next := p.next()
		if next == nil {
			return
		}
		p.taken++
		p.turns++
		next.turn.Held++
		next.turn.Served = p.turns
		next.line[0].told <- nil
		next.line = next.line[1:]
		p.waiting--
	}
}

// next is who is called next, nil when nobody may be. Of equal ones it is who came first.
func (p *Places) next() (next *owner) {
	for name, o := range p.owners {
		if len(o.line) == 0 {
			continue
		}
		spared := p.Spare && name != "" && !Spares(p.Places, p.taken, o.turn.Held, 1)
		if !spared && (next == nil || before(o, next)) {
			next = o
		}
	}
	return next
}

// before tells whether a's turn, who waits, is before b's.
func before(a, b *owner) bool {
	turn := a.turn.Compare(b.turn)
	return turn < 0 || turn == 0 && a.line[0].came < b.line[0].came
}
