package worker

import (
	"context"
	"net/http"
	"sync"
	"time"

	"morag/internal/backoff"
	"morag/internal/client"
)

// keepAtLeast is how long a result from before a restart is offered, whatever the
// clock says: it may have been set meanwhile.
const keepAtLeast = 10 * time.Minute

// recover takes up what the last run left: it offers finished results first, once
// each before anything else, then goes on with the unfinished jobs that are still
// ours.
func (w *Worker) recover(ctx context.Context) {
	all, err := w.spool.scan()
	if err != nil {
		w.log.Error("spool not read", "err", err)
		return
	}
	var tries sync.WaitGroup
	for _, k := range all {
		if k.finished {
			a := w.readopt(k)
			a.finished.Store(true)
			tries.Add(1)
			w.hands.Go(func() {
				defer w.letGo(a)
				defer w.beat(a).stop()
				w.deliver(a, sync.OnceFunc(tries.Done))
			})
		}
	}
	tries.Wait()
	for _, k := range all {
		if k.finished {
			continue
		}
		a := w.readopt(k)
		if w.slots.try() {
			a.slot = w.permit()
		}
		w.hands.Go(func() {
			defer w.letGo(a)
			w.resume(ctx, a)
		})
	}
}

// readopt takes a job of the last run in hand. How long it lay there is told by this
// host's clock, which may have been set.
func (w *Worker) readopt(k kept) *attempt {
	passed := max(w.now().Sub(k.claim.Received), 0)
	a := w.adopt(k.claim, k.folder, k.claim.timeout()-passed)
	if least := w.now().Add(keepAtLeast); a.keepUntil.Before(least) {
		a.keepUntil = least
	}
	return a
}

// resume goes on with an unfinished job if the server still counts on it.
func (w *Worker) resume(ctx context.Context, a *attempt) {
	defer a.free()
	ours, known := w.ours(ctx, a)
	if !known {
		return
	}
	if !ours {
		w.drop(a, errLost)
		return
	}
	if a.slot == nil && !w.await(ctx, a) {
		w.release(a, errDraining)
		return
	}
	a.log.Info("job resumed")
	w.perform(a)
}

// await waits for a slot, beating meanwhile; false when ctx ended first.
func (w *Worker) await(ctx context.Context, a *attempt) bool {
	w.awaiting.Add(1)
	defer w.awaiting.Add(-1)
	defer w.beat(a).stop()
	if w.slots.take(ctx, 1) == 0 {
		return false
	}
	a.slot = w.permit()
	return true
}

// ours asks whether the server still counts on an unfinished attempt, until it
// answers, the attempt's time is up, or ctx ends; then known is false, and the job
// stays in the spool for the next start.
func (w *Worker) ours(ctx context.Context, a *attempt) (ours, known bool) {
	b := newBackoff()
	trouble := ""
	for {
		ours, err := w.ask(a)
		if err == nil {
			return ours, true
		}
		if client.IsStatus(err, http.StatusConflict, http.StatusNotFound, http.StatusGone) || w.now().After(a.deadline) {
			return false, true
		}
		wait := max(b.Next(), client.RetryAfter(err))
		if client.IsDenied(err) {
			wait = backoff.Jitter(2 * deniedPause)
		}
		if kind := kindOf(err); kind != trouble {
			a.log.Warn("job waits for the server's word", "reason", client.Sentence(err, w.cfg.Server))
			trouble = kind
		}
		if backoff.Sleep(ctx, wait) != nil {
			return false, false
		}
	}
}

// ask does it once: by a heartbeat, or where there are none by the job's status.
func (w *Worker) ask(a *attempt) (ours bool, err error) {
	ctx, cancel := context.WithTimeout(a.ctx, maxBeat)
	defer cancel()
	if a.claim.beats() {
		answer, err := w.sendBeat(ctx, a, maxBeat)
		return !answer.Cancel, err
	}
	status, err := w.api.JobStatus(ctx, a.claim.JobID)
	return status.Status == "processing" && value(status.WorkerID) == a.claim.WorkerID, err
}
