// Package webhook tells the receivers that clients have named of the ends of their
// tasks. The notices are in the tasks' own rows, written with the end; what is here
// reads those that are due, sends each, signed, and writes down what came of it. A
// notice is delivered at least once, whenever the process dies.
package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"morag/internal/auth"
	"morag/internal/metrics"
	"morag/internal/task"
)

// Store is what is needed of a [task.Store].
type Store interface {
	Update(ctx context.Context, id string, rule func(*task.Task, time.Time) error) (*task.Task, error)
	Notices(ctx context.Context, busy []string, n int) (due []*task.Task, next time.Time, err error)
}

// Config is what a [Deliverer] needs. Fields without a default named must be set.
type Config struct {
	Tasks Store
	// Client sends. It decides whom the server may speak to and whether redirects are
	// followed; what it refuses is a try that failed.
	Client  *http.Client
	Version string           // of the program, for User-Agent
	Now     func() time.Time // time.Now
	Logger  *slog.Logger     // slog.Default()
	Metrics *metrics.Metrics // a registry of its own
}

// Bounds of what goes on at a time. A receiver that hangs keeps its own notices
// waiting, not those of others.
const (
	maxTries        = 32
	maxTriesPerHost = 2
)

// Times of the deliverer.
const (
	idleLook      = 30 * time.Second // without having been woken
	failedLook    = 5 * time.Second  // after a look that failed
	unwrittenRest = 30 * time.Second // before a notice is sent again whose try could not be written
	drainTime     = 5 * time.Second  // for the tries under way when the server stops
)

// Deliverer delivers notices. It is safe for concurrent use; [Deliverer.Run] runs once.
type Deliverer struct {
	Config
	kick chan struct{} // a notice may be due
	done chan errand   // tries that are over

	// Of Run's goroutine alone: a task's try is over only when what came of it is
	// written, or the next look would find it due once more.
	inHand map[string]bool // tasks
	hosts  map[string]int  // tries under way
}

// errand is a try under way.
type errand struct{ taskID, host string }

// New makes a deliverer.
func New(c Config) *Deliverer {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Metrics == nil {
		c.Metrics = metrics.New()
	}
	return &Deliverer{
		Config: c, kick: make(chan struct{}, 1), done: make(chan errand, maxTries),
		inHand: map[string]bool{}, hosts: map[string]int{},
	}
}

// Wake says that a notice may be due. It never waits; it is a hint, and without it
// the notice is found later.
func (d *Deliverer) Wake() {
	select {
	case d.kick <- struct{}{}:
	default:
	}
}

// Run delivers until ctx ends. Tries that are under way then have 5 s left; one that
// is cut off does not count.
func (d *Deliverer) Run(ctx context.Context) {
	sending, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	for ctx.Err() == nil {
		next, err := d.start(ctx, sending)
		if err != nil && ctx.Err() == nil {
			d.Logger.Error("look for webhooks to be told", "err", err)
		}
		d.rest(ctx, next, err != nil)
	}
	defer time.AfterFunc(drainTime, cut).Stop()
	for len(d.inHand) > 0 {
		d.release(<-d.done)
	}
	d.Client.CloseIdleConnections()
}

// start begins as many tries as there may be, and answers when the next notice is due.
func (d *Deliverer) start(ctx, sending context.Context) (next time.Time, err error) {
	for len(d.inHand) < maxTries {
		// As many as are in hand at most, and so at least what there is room for.
		due, next, err := d.Tasks.Notices(ctx, d.busy(), maxTries)
		if err != nil {
			return time.Time{}, err
		}
		began := false
		for _, t := range due {
			if e, ok := d.take(t); ok {
				began = true
				go func() {
					d.deliver(ctx, sending, t)
					d.done <- e
				}()
			}
		}
		if !began {
			return next, nil
		}
	}
	return time.Time{}, nil // the end of a try is what there is to wait for
}

// take notes that a try of the task's notice begins, if it may.
func (d *Deliverer) take(t *task.Task) (errand, bool) {
	e := errand{taskID: t.ID, host: t.Options.Webhook.Host()}
	if d.inHand[e.taskID] || len(d.inHand) >= maxTries || d.hosts[e.host] >= maxTriesPerHost {
		return e, false
	}
	d.inHand[e.taskID] = true
	d.hosts[e.host]++
	return e, true
}

func (d *Deliverer) release(e errand) {
	delete(d.inHand, e.taskID)
	if d.hosts[e.host]--; d.hosts[e.host] == 0 {
		delete(d.hosts, e.host)
	}
}

// busy are the hosts that must not be asked more at present.
func (d *Deliverer) busy() (hosts []string) {
	for host, n := range d.hosts {
		if n >= maxTriesPerHost {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// rest waits until there may be something to do.
func (d *Deliverer) rest(ctx context.Context, next time.Time, failed bool) {
	wait := idleLook
	if !next.IsZero() {
		wait = min(max(next.Sub(d.Now()), 0), idleLook)
	}
	if failed {
		wait = failedLook
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-d.kick:
	case e := <-d.done:
		d.release(e)
	}
	for {
		select {
		case e := <-d.done:
			d.release(e)
		default:
			return
		}
	}
}

// deliver makes one try and writes down what came of it. ctx is the server's time,
// sending that of requests.
func (d *Deliverer) deliver(ctx, sending context.Context, t *task.Task) {
	n := t.Pending()
	got, cut := d.send(sending, t, n)
	if cut {
		return
	}
	after, err := d.Tasks.Update(context.WithoutCancel(ctx), t.ID, func(t *task.Task, now time.Time) error {
		return t.Tried(n.Seq, n.Round, got.try, got.wish, now)
	})
	if err != nil {
		d.unwritten(ctx, t, err)
		return
	}
	d.observe(after, n.Seq, got)
}

// unwritten holds back a notice that is still due in the store, so that its receiver
// is not asked again and again while nothing can be written.
func (d *Deliverer) unwritten(ctx context.Context, t *task.Task, err error) {
	if errors.Is(err, task.ErrConflict) {
		return // it is not kept any more
	}
	d.Logger.Error("webhook's try not written", "task_id", t.ID, "err", err)
	timer := time.NewTimer(unwrittenRest)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// observe writes the one line of a try.
func (d *Deliverer) observe(t *task.Task, seq int, got outcome) {
	d.Metrics.WebhookTried(got.class())
	attrs := []any{"task_id", t.ID, "host", t.Options.Webhook.Host(), "notice", seq, "status", got.try.Status}
	again := time.Time{}
	for _, n := range t.Notices {
		if n.Seq == seq {
			attrs, again = append(attrs, "tries", n.Tried), n.NextAt
		}
	}
	switch {
	case got.try.Error == "":
		d.Metrics.WebhookEnded("delivered")
		d.Logger.Info("webhook delivered", attrs...)
	case again.IsZero():
		d.Metrics.WebhookEnded("given_up")
		d.Logger.Warn("webhook given up", append(attrs, "error", got.try.Error)...)
	default:
		d.Logger.Warn("webhook put off", append(attrs, "error", got.try.Error, "until", again)...)
	}
}

// Redeliver has the webhook of a task of the scope told of its end once more, at once, whatever came of
// that before. [task.ErrNotFound], [task.ErrNoWebhook], [task.ErrConflict] for a task
// that has not ended.
func (d *Deliverer) Redeliver(ctx context.Context, by auth.Scope, id string) (*task.Task, error) {
	if !task.ValidID(id) {
		return nil, task.ErrNotFound
	}
	t, err := d.Tasks.Update(ctx, id, func(t *task.Task, now time.Time) error {
		if !by.Sees(t.Owner) {
			return task.ErrNotFound
		}
		return t.Redeliver(now)
	})
	if err != nil {
		return nil, err
	}
	d.Logger.Info("webhook asked for again", "task_id", id, "host", t.Options.Webhook.Host())
	d.Wake()
	return t, nil
}
