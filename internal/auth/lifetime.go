package auth

import "context"

// lifetime ends when a caller is no longer who it was: its key was revoked, or keys have
// come where there were none.
type lifetime struct {
	ctx context.Context
	end context.CancelCauseFunc
}

func newLifetime() *lifetime {
	ctx, end := context.WithCancelCause(context.Background())
	return &lifetime{ctx, end}
}

// over is why the lifetime has ended, nil while it lasts.
func (l *lifetime) over() error { return context.Cause(l.ctx) }

// Over is why the caller is no longer who it was, [ErrRevoked] or [ErrNoKey]; nil while
// it is.
func (c Caller) Over() error {
	if c.lifetime == nil {
		return nil
	}
	return c.lifetime.over()
}

// Ended is closed when the caller is over; nil, for ever open, when it cannot be.
func (c Caller) Ended() <-chan struct{} {
	if c.lifetime == nil {
		return nil
	}
	return c.lifetime.ctx.Done()
}

// Bind makes a context that ends with ctx and with the caller's standing, then with
// the cause [ErrRevoked] or [ErrNoKey]. stop lets go of it.
func (c Caller) Bind(ctx context.Context) (bound context.Context, stop context.CancelFunc) {
	if c.lifetime == nil {
		return context.WithCancel(ctx)
	}
	bound, end := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(c.lifetime.ctx, func() { end(c.lifetime.over()) })
	return bound, func() {
		unhook()
		end(nil)
	}
}
