package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"morag/internal/backoff"
	"morag/internal/client"
)

const (
	// maxPoll is how many jobs one poll may ask for.
	maxPoll = 100
	// maxUndelivered results may wait for a server that refuses them before no more
	// jobs are taken.
	maxUndelivered = 100
	// deniedPause is the wait after a 401 or 403: only an operator can end that, and
	// a server may take more for an attack.
	deniedPause = time.Minute
)

// poll takes jobs until ctx ends. It asks for as many as there are free slots.
func (w *Worker) poll(ctx context.Context) {
	p := &poller{Worker: w, retry: newBackoff()}
	for ctx.Err() == nil {
		n := w.slots.take(ctx, maxPoll)
		if n == 0 {
			return
		}
		if w.awaiting.Load() > 0 {
			// Jobs of the last run go first.
			w.slots.put(n)
			_ = backoff.Sleep(ctx, time.Second)
			continue
		}
		var used int
		var wait time.Duration
		if why := p.hindrance(); why != "" {
			p.tell(why, why)
			wait = backoff.Jitter(w.cfg.PollInterval)
		} else {
			used, wait = p.once(ctx, n)
		}
		w.slots.put(n - used)
		if wait > 0 {
			_ = backoff.Sleep(ctx, wait)
		}
	}
}

// poller remembers between polls what failed, to say it once.
type poller struct {
	*Worker
	retry   backoff.Series
	trouble string // its kind
	// plural says that the server's answers name all jobs they claim. The original's
	// name one, so no more than one may be asked for.
	plural bool
}

var errNoSlot = errors.New("the server gave more jobs than were asked for")

// once makes one poll with n slots. It returns how many are now in use and how long
// to wait before the next.
func (p *poller) once(ctx context.Context, n int) (used int, wait time.Duration) {
	asked := p.now()
	most := n
	if !p.plural {
		most = 1
	}
	answer, err := p.api.Poll(ctx, client.Poll{
		WorkerID: p.cfg.ID, ContentTypes: p.cfg.ContentTypes, MaxJobs: most,
		Wait: p.cfg.Wait, Lease: p.cfg.Lease,
	})
	if err != nil {
		if ctx.Err() != nil {
			return 0, 0
		}
		return 0, p.failed(err)
	}
	p.retry.Reset()
	p.plural = answer.Jobs != nil
	p.tell("", "")
	good, bad := claims(answer, p.cfg.ID, p.now())
	for _, err := range bad {
		p.log.Error("job refused", "err", err)
	}
	for _, c := range good {
		if p.accept(ctx, c, used < n) {
			used++
		}
	}
	if used == 0 && (len(good)+len(bad) > 0 || p.now().Sub(asked) < p.cfg.Wait/2 || p.cfg.Wait == 0) {
		// This server does not let polls wait, or its jobs are of no use to us.
		wait = backoff.Jitter(p.cfg.PollInterval)
	}
	return used, wait
}

// accept takes up a claimed job; false when it got no slot.
func (p *poller) accept(ctx context.Context, c claim, slot bool) bool {
	log := p.log.With("job_id", c.JobID, "content_type", c.ContentType, "attempt", c.Attempt)
	p.mu.Lock()
	held := p.inHand[c.JobID]
	p.mu.Unlock()
	if held != nil && held.claim.Attempt >= c.Attempt {
		log.Warn("job is in hand already")
		return false
	}
	if held != nil {
		held.cancel(errLost)
	}
	f, err := p.spool.create(c)
	if err != nil {
		log.Error("job not taken up", "err", err)
		p.giveBack(c, "the worker cannot write its temporary folder")
		return false
	}
	a := p.adopt(c, f, c.timeout())
	if !slot || ctx.Err() != nil {
		why := errDraining
		if ctx.Err() == nil {
			why = errNoSlot
		}
		p.hands.Go(func() {
			defer p.letGo(a)
			p.release(a, why)
		})
		return false
	}
	log.Info("job claimed", "source_name", c.Name, "source_size", c.Size)
	a.slot = p.permit()
	p.hands.Go(func() {
		defer p.letGo(a)
		p.perform(a)
	})
	return true
}

// permit is how a slot that is taken is given back, once.
func (w *Worker) permit() func() {
	return sync.OnceFunc(func() { w.slots.put(1) })
}

// failed returns how long to wait after a poll that brought no answer.
func (p *poller) failed(err error) time.Duration {
	if client.IsDenied(err) {
		p.tell("denied", "the server does not let this worker poll, check MORAG_API_KEY: "+client.Sentence(err, p.cfg.Server))
		return backoff.Jitter(2 * deniedPause)
	}
	p.tell(kindOf(err), "the server cannot be polled: "+client.Sentence(err, p.cfg.Server))
	return max(p.retry.Next(), client.RetryAfter(err))
}

// hindrance says why no job may be taken now, "" when one may.
func (p *poller) hindrance() string {
	if room, err := p.disk.room(); err != nil {
		return err.Error()
	} else if room <= 0 {
		return "MORAG_TEMP_DIR has too little free space for another job"
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	waiting := 0
	for _, a := range p.inHand {
		if a.finished.Load() {
			waiting++
		}
	}
	if waiting >= maxUndelivered {
		return "too many results wait for the server to take them"
	}
	return ""
}

// tell logs a trouble when it begins or becomes one of another kind, and its end.
func (p *poller) tell(kind, sentence string) {
	if kind == p.trouble {
		return
	}
	if kind != "" {
		p.log.Warn("no jobs", "reason", sentence)
	} else {
		p.log.Info("jobs again")
	}
	p.trouble = kind
}
