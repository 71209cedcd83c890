// Package webhook tells the receivers that clients have named of the ends of their
// tasks. The notices are in the tasks' own rows, written with the end; what is here
// claims those that are due, sends each, signed, and writes down what came of it. A
// notice is delivered at least once, whenever the process dies; of several processes
// over one store each tries what it has claimed alone.
package webhook

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"morag/internal/auth"
	"morag/internal/metrics"
	"morag/internal/task"
	"morag/internal/trace"
)

// Store is what is needed of a [task.Store].
type Store interface {
	Update(ctx context.Context, id string, rule func(*task.Task, time.Time) error) (*task.Task, error)
	ClaimNotices(ctx context.Context, deliverer string, busy task.Busy, n int, lease time.Duration) (due []*task.Task, wait time.Duration, err error)
	ForsakeNotices(ctx context.Context, deliverer string) error
	Wake(ctx context.Context, of task.Hint) <-chan struct{}
}

// Config is what a [Deliverer] needs. Fields without a default named must be set.
type Config struct {
	Tasks Store
	// Name is this process's in the store. No other living process may use it: at the start,
	// the notices that the store knows under it are due again. A new one by default.
	Name string
	// Client sends. It decides whom the server may speak to and whether redirects are
	// followed; what it refuses is a try that failed.
	Client *http.Client
	// Resolve looks up where a host is, so that tries are counted by address; nil counts
	// them by the host's name.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	Version string           // of the program, for User-Agent
	Now     func() time.Time // time.Now
	Logger  *slog.Logger     // slog.Default()
	Metrics *metrics.Metrics // a registry of its own
	Tracer  *trace.Tracer    // nil for none
}

// Times of the deliverer.
const (
	idleLook   = 5 * time.Second // without having been woken
	failedLook = 5 * time.Second // after a look that failed
	drainTime  = 5 * time.Second // for the tries under way when the server stops
	// leaseTime is how long a claimed notice is nobody else's: longer than a try takes.
	// When this process cannot write what came of the try, or dies and none of its name
	// comes after it, it is due again then.
	leaseTime = time.Minute
)

// Deliverer delivers notices. It is safe for concurrent use; [Deliverer.Run] runs once.
type Deliverer struct {
	Config
	tries *tries
}

// New makes a deliverer.
func New(c Config) *Deliverer {
	if c.Name == "" {
		c.Name = uuid.NewString()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Metrics == nil {
		c.Metrics = metrics.New()
	}
	return &Deliverer{Config: c, tries: newTries()}
}

// Run delivers until ctx ends. Tries that are under way then have 5 s left; one that
// is cut off does not count.
func (d *Deliverer) Run(ctx context.Context) {
	sending, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	woken := d.Tasks.Wake(ctx, task.HintNotice)
	if err := d.Tasks.ForsakeNotices(ctx, d.Name); err != nil && ctx.Err() == nil {
		d.Logger.Error("webhooks of an earlier process wait for the end of their leases", "err", err)
	}
	for ctx.Err() == nil {
		wait, err := d.start(ctx, sending)
		if err != nil && ctx.Err() == nil {
			d.Logger.Error("look for webhooks to be told", "err", err)
		}
		d.rest(ctx, woken, wait, err != nil)
	}
	defer time.AfterFunc(drainTime, cut).Stop()
	d.tries.running.Wait()
	d.Client.CloseIdleConnections()
}

// start begins as many tries as there may be, and returns how long until the next notice
// is due.
func (d *Deliverer) start(ctx, sending context.Context) (wait time.Duration, err error) {
	for {
		busy, room := d.tries.busy()
		if room == 0 {
			return idleLook, nil // the end of a try is what there is to wait for
		}
		due, wait, err := d.Tasks.ClaimNotices(ctx, d.Name, busy, room, leaseTime)
		for _, t := range due {
			d.tries.begin(t.Owner, t.Receiver(), func(try *try) { d.deliver(ctx, sending, t, try) })
		}
		if err != nil || len(due) == 0 {
			return wait, err
		}
	}
}

// rest waits until there may be something to do.
func (d *Deliverer) rest(ctx context.Context, woken <-chan struct{}, wait time.Duration, failed bool) {
	wait = min(wait, idleLook)
	if failed {
		wait = failedLook
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-woken:
	case <-d.tries.ended:
	}
}

// deliver makes one try and writes down what came of it. ctx is the server's time,
// sending that of requests. A receiver that turns out to be at an address that is busy is
// not tried: its notice goes back, and the address is noted with it, so that it is not
// claimed again as long as that is busy.
func (d *Deliverer) deliver(ctx, sending context.Context, t *task.Task, slot *try) {
	n := t.Pending()
	address := d.address(sending, t)
	back := address != "" && !slot.move(address)
	var got outcome
	if !back {
		traced, span := d.Tracer.Start(trace.Continue(sending, t.Traceparent), "webhook", "morag.task_id", t.ID, "server.address", t.Options.Webhook.Host())
		got, back = d.send(traced, t, n)
		span.Set("http.response.status_code", got.try.Status)
		span.End(got.failure())
	}
	after, err := d.Tasks.Update(context.WithoutCancel(ctx), t.ID, func(t *task.Task, now time.Time) error {
		t.ReceiverAddress = cmp.Or(address, t.ReceiverAddress)
		if back {
			t.ReturnNotice(n.Seq)
			return nil
		}
		return t.Tried(n.Seq, n.Round, got.try, got.wish, now)
	})
	switch {
	case errors.Is(err, task.ErrConflict): // it is not kept any more
	case err != nil:
		d.Logger.Error("webhook's try not written", "task_id", t.ID, "err", err)
	case !back:
		d.observe(after, n.Seq, got)
	}
}

// observe writes the one line of a try.
func (d *Deliverer) observe(t *task.Task, seq int, got outcome) {
	d.Metrics.WebhookTried(got.class())
	attrs := []any{"task_id", t.ID, "host", t.Options.Webhook.Host(), "notice", seq, "status", got.try.Status}
	var since, again time.Time
	for _, n := range t.Notices {
		if n.Seq == seq {
			attrs, since, again = append(attrs, "tries", n.Tried), n.Since, n.NextAt
		}
	}
	switch {
	case got.try.Error == "":
		d.Metrics.WebhookEnded("delivered")
		d.Metrics.WebhookDelivered(got.try.At.Sub(since))
		d.Logger.Info("webhook delivered", attrs...)
	case again.IsZero():
		d.Metrics.WebhookEnded("given_up")
		d.Logger.Warn("webhook given up", append(attrs, "error", got.try.Error)...)
	default:
		d.Logger.Info("webhook put off", append(attrs, "error", got.try.Error, "until", again)...)
	}
}

// Redeliver has the webhook of a task of the scope told of its end once more, at once, whatever came of
// that before. [task.ErrNotFound], [auth.ErrOthers], [task.ErrNoWebhook], [task.ErrConflict] for a task
// that has not ended.
func (d *Deliverer) Redeliver(ctx context.Context, by auth.Scope, id string) (*task.Task, error) {
	if !task.ValidID(id) {
		return nil, task.ErrNotFound
	}
	t, err := d.Tasks.Update(ctx, id, func(t *task.Task, now time.Time) error {
		if !by.Sees(t.Owner) {
			return task.ErrNotFound
		}
		if err := by.Changes(t.Owner); err != nil {
			return err
		}
		return t.Redeliver(now)
	})
	if err != nil {
		return nil, err
	}
	d.Logger.Info("webhook asked for again", "task_id", id, "host", t.Options.Webhook.Host())
	return t, nil
}
