package auth

import "context"

// life ends when a caller is no longer who it was: its key was revoked, or keys have
// come where there were none.
type life struct {
	ctx context.Context
	end context.CancelCauseFunc
}

func newLife() *life {
	ctx, end := context.WithCancelCause(context.Background())
	return &life{ctx, end}
}

// over is why the life has ended, nil while it lasts.
func (l *life) over() error { return context.Cause(l.ctx) }

// Over is why the caller is no longer who it was, [ErrRevoked] or [ErrNoKey]; nil while
// it is.
func (c Caller) Over() error {
	if c.life == nil {
		return nil
	}
	return c.life.over()
}

// Ended is closed when the caller is over; nil, for ever open, when it cannot be.
func (c Caller) Ended() <-chan struct{} {
	if c.life == nil {
		return nil
	}
	return c.life.ctx.Done()
}

// Bind makes a context that ends with ctx and with the caller's standing, then with
// the cause [ErrRevoked] or [ErrNoKey]. stop lets go of it.
func (c Caller) Bind(ctx context.Context) (bound context.Context, stop context.CancelFunc) {
	if c.life == nil {
		return context.WithCancel(ctx)
	}
	bound, end := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(c.life.ctx, func() { end(c.life.over()) })
	return bound, func() {
		unhook()
		end(nil)
	}
}
