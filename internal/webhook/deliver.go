// Package webhook tells the receivers that clients have named of the ends of their
// tasks. The notices are in the tasks' own rows, written with the end; what is here
// claims those that are due, sends each, signed, and writes down what came of it. A
// notice is delivered at least once, whenever the process dies; of several processes
// over one store each tries what it has claimed alone.
package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"morag/internal/auth"
	"morag/internal/metrics"
	"morag/internal/task"
)

// Store is what is needed of a [task.Store].
type Store interface {
	Update(ctx context.Context, id string, rule func(*task.Task, time.Time) error) (*task.Task, error)
	ClaimNotices(ctx context.Context, deliverer string, busy []string, n int, lease time.Duration) (due []*task.Task, wait time.Duration, err error)
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
	Client  *http.Client
	Version string           // of the program, for User-Agent
	Now     func() time.Time // time.Now
	Logger  *slog.Logger     // slog.Default()
	Metrics *metrics.Metrics // a registry of its own
}

// Bounds of what goes on at a time in this process. A receiver that hangs keeps its own
// notices waiting, not those of others.
const (
	maxTries        = 32
	maxTriesPerHost = 2
)

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
	done chan string // the hosts of tries that are over

	// Of Run's goroutine alone: the tries under way, in all and by host.
	inHand int
	hosts  map[string]int
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
	return &Deliverer{Config: c, done: make(chan string, maxTries), hosts: map[string]int{}}
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
	for d.inHand > 0 {
		d.release(<-d.done)
	}
	d.Client.CloseIdleConnections()
}

// start begins as many tries as there may be, and returns how long until the next notice
// is due.
func (d *Deliverer) start(ctx, sending context.Context) (wait time.Duration, err error) {
	for d.inHand < maxTries {
		due, wait, err := d.Tasks.ClaimNotices(ctx, d.Name, d.busy(), maxTries-d.inHand, leaseTime)
		for _, t := range due {
			host := t.Options.Webhook.Host()
			d.inHand++
			d.hosts[host]++
			go func() {
				d.deliver(ctx, sending, t)
				d.done <- host
			}()
		}
		if err != nil || len(due) == 0 {
			return wait, err
		}
	}
	return idleLook, nil // the end of a try is what there is to wait for
}

func (d *Deliverer) release(host string) {
	d.inHand--
	if d.hosts[host]--; d.hosts[host] == 0 {
		delete(d.hosts, host)
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
	case host := <-d.done:
		d.release(host)
	}
	for {
		select {
		case host := <-d.done:
			d.release(host)
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
	after, err := d.Tasks.Update(context.WithoutCancel(ctx), t.ID, func(t *task.Task, now time.Time) error {
		if cut {
			t.ReturnNotice(n.Seq)
			return nil
		}
		return t.Tried(n.Seq, n.Round, got.try, got.wish, now)
	})
	switch {
	case errors.Is(err, task.ErrConflict): // it is not kept any more
	case err != nil:
		d.Logger.Error("webhook's try not written", "task_id", t.ID, "err", err)
	case !cut:
		d.observe(after, n.Seq, got)
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
		d.Logger.Info("webhook put off", append(attrs, "error", got.try.Error, "until", again)...)
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
	return t, nil
}
