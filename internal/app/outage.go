package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"morag/internal/postgres"
)

// outages is a log in which the loss of the database is one line and its end another,
// whatever is tried meanwhile and fails for it: that is told to who debugs.
type outages struct {
	slog.Handler
	one *outage
}

// outage is the one that lasts, if one does.
type outage struct {
	log  *slog.Logger
	ping func(context.Context) error // the database
	now  func() time.Time

	mu    sync.Mutex // guards what is below
	since time.Time  // zero when none lasts
	ended bool       // nobody is to be told any more
	end   context.CancelFunc
	wait  sync.WaitGroup
}

// pingEvery is how often the database is asked whether it is back.
const pingEvery = time.Second

func newOutage(log *slog.Logger, ping func(context.Context) error) *outage {
	return &outage{log: log, ping: ping, now: time.Now, end: func() {}}
}

// watched is the log that o watches.
func (o *outage) watched() *slog.Logger { return slog.New(outages{o.log.Handler(), o}) }

// close ends the watching.
func (o *outage) close() error {
	o.mu.Lock()
	o.ended = true
	o.end()
	o.mu.Unlock()
	o.wait.Wait()
	return nil
}

// Handle implements [slog.Handler].
func (h outages) Handle(ctx context.Context, r slog.Record) error {
	if err := lost(r); err != nil && r.Level >= slog.LevelWarn {
		h.one.begin(err)
		r = r.Clone()
		r.Level = slog.LevelDebug
		if !h.Enabled(ctx, r.Level) {
			return nil
		}
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h outages) WithAttrs(attrs []slog.Attr) slog.Handler {
	return outages{h.Handler.WithAttrs(attrs), h.one}
}

// WithGroup implements [slog.Handler].
func (h outages) WithGroup(name string) slog.Handler {
	return outages{h.Handler.WithGroup(name), h.one}
}

// lost is the error of a record that says that the database is out of reach, nil for none.
func lost(r slog.Record) (found error) {
	r.Attrs(func(a slog.Attr) bool {
		if err, ok := a.Value.Any().(error); ok && errors.Is(err, postgres.ErrUnavailable) {
			found = err
		}
		return found == nil
	})
	return found
}

// begin tells of an outage, unless one lasts already, and waits for its end.
func (o *outage) begin(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.since.IsZero() || o.ended {
		return
	}
	o.since = o.now()
	o.log.Error("the database is out of reach: all that needs it waits or is refused, and is tried again", "err", err)
	var ctx context.Context
	ctx, o.end = context.WithCancel(context.Background())
	o.wait.Go(func() { o.await(ctx) })
}

// await tells of the end of the outage.
func (o *outage) await(ctx context.Context) {
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for o.ping(ctx) != nil {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if ctx.Err() == nil {
		o.end()
		o.log.Info("the database is back", "after", o.now().Sub(o.since).Round(time.Millisecond))
		o.since = time.Time{}
	}
}
