package worker

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"morag/internal/convert"
	"morag/internal/trace"
	"morag/internal/wire"
)

// attempt is one job in hand, from its claim until the server has its result or it
// is given up.
type attempt struct {
	claim  claim
	folder *folder
	log    *slog.Logger

	ctx    context.Context // ends when the attempt is no longer wanted
	cancel context.CancelCauseFunc
	traced context.Context // ctx, with the span of what is done for the attempt; ctx itself without one

	// deadline and keepUntil are read on this host's monotonic clock.
	deadline  time.Time // the server takes nothing unfinished after it
	keepUntil time.Time // a result is thrown away after it

	slot     func()      // gives the slot back, once; nil without a slot
	stuck    bool        // its converter did not stop and keeps the slot
	finished atomic.Bool // its result is in the spool
	refused  bool        // the server did not take its first result
	progress progress
}

// keepResults is how long past its deadline a result is offered to a server that
// does not answer.
const keepResults = 24 * time.Hour

// adopt takes a claim in hand. left is what of its timeout remains.
func (w *Worker) adopt(c claim, f *folder, left time.Duration) *attempt {
	ctx, cancel := context.WithCancelCause(w.work)
	a := &attempt{
		claim:  c,
		folder: f,
		log:    w.log.With("job_id", c.JobID, "content_type", c.ContentType, "attempt", c.Attempt),
		ctx:    ctx,
		cancel: cancel,
		traced: ctx,
	}
	a.deadline = w.now().Add(left)
	a.keepUntil = a.deadline.Add(keepResults)
	w.mu.Lock()
	w.inHand[c.JobID] = a
	w.mu.Unlock()
	return a
}

// free gives the slot back, if there is one that is not stuck.
func (a *attempt) free() {
	if a.slot != nil && !a.stuck {
		a.slot()
	}
}

// letGo forgets an attempt that is over.
func (w *Worker) letGo(a *attempt) {
	a.cancel(nil)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.inHand[a.claim.JobID] == a {
		delete(w.inHand, a.claim.JobID)
	}
}

// perform does a job that has a slot: it is downloaded and converted, and what comes
// of it is reported or given up.
func (w *Worker) perform(a *attempt) {
	defer a.free()
	var span *trace.Span
	a.traced, span = w.cfg.Tracer.Start(trace.Continue(a.ctx, a.claim.Traceparent), "work", "morag.job_id", a.claim.JobID,
		"morag.content_type", a.claim.ContentType, "morag.attempt", a.claim.Attempt, "morag.worker_id", a.claim.WorkerID)
	defer func() { span.End(context.Cause(a.ctx)) }()
	defer w.beat(a).stop()

	started := w.now()
	doc, err := w.produce(a)
	took := w.now().Sub(started)
	switch why := context.Cause(a.ctx); {
	case errors.Is(why, errCancelled), errors.Is(why, errLost):
		w.drop(a, why)
	case err != nil && why != nil:
		w.release(a, why)
	case errors.Is(err, errGone) && a.claim.beats():
		w.drop(a, err)
	case errors.Is(err, errNoRoom):
		w.noRoom(a, err)
	default:
		w.finish(a, resultOf(a, doc, err, took), err)
	}
}

// finish makes a result durable and sends it.
func (w *Worker) finish(a *attempt, result wire.JobResult, failure error) {
	if err := w.spoolResult(a, result); err != nil {
		a.log.Error("result not kept", "err", err)
		w.release(a, err)
		return
	}
	took := time.Duration(result.ProcessingTime * float64(time.Second))
	if failure != nil {
		level := slog.LevelWarn
		if errors.Is(failure, convert.ErrBadSource) || errors.Is(failure, convert.ErrUnsupported) {
			level = slog.LevelInfo // its sender's to look at
		}
		a.log.Log(context.Background(), level, "job failed", "err", failure, "cause", causeOf(failure), "took", took)
	} else {
		a.log.Info("job converted", "took", took)
	}
	// From here on the server may take other jobs from the slot while this result
	// waits for it.
	a.free()
	w.deliver(a, nil)
}

// spoolResult writes the result into the spool, without the source if that takes the space.
func (w *Worker) spoolResult(a *attempt, result wire.JobResult) error {
	data, err := encode(result)
	if err != nil {
		return err
	}
	if err := a.folder.saveResult(data); err != nil {
		a.folder.removeSource()
		if err := a.folder.saveResult(data); err != nil {
			return err
		}
	}
	a.finished.Store(true)
	a.progress.set(1, "sending the result")
	a.folder.removeSource()
	return nil
}

// causeOf is the side of a converter's error that is for the log.
func causeOf(err error) error {
	if e, ok := errors.AsType[*convert.Error](err); ok {
		return e.Cause
	}
	return nil
}

// drop deletes what there is of an attempt that nobody wants any more.
func (w *Worker) drop(a *attempt, why error) {
	a.log.Info("job dropped", "reason", why)
	w.remove(a)
}

func (w *Worker) remove(a *attempt) {
	if err := a.folder.remove(); err != nil {
		a.log.Warn("spool not cleared", "err", err)
	}
}

// progress is what the next heartbeat tells.
type progress struct {
	mu       sync.Mutex
	fraction *float64 // mu guards both
	message  string
}

const maxMessage = 512

// say tells the stage before there are figures.
func (p *progress) say(message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.message = message
}

// set is a [convert.Progress].
func (p *progress) set(fraction float64, message string) {
	if math.IsNaN(fraction) {
		fraction = 0
	}
	fraction = min(max(fraction, 0), 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fraction, p.message = &fraction, message
}

func (p *progress) get() (fraction *float64, message string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	message = p.message
	return p.fraction, strings.ToValidUTF8(message[:min(len(message), maxMessage)], "")
}
