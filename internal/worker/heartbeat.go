package worker

import (
	"context"
	"net/http"
	"time"

	"morag/internal/backoff"
	"morag/internal/client"
	"morag/internal/wire"
)

const (
	// maxBeat is the longest wait for the answer to one heartbeat.
	maxBeat = 10 * time.Second
	// unleasedBeat is the pace where there is no lease to keep, for progress and to
	// hear of a cancel.
	unleasedBeat = 20 * time.Second
)

// beats is a loop that tells the server that an attempt lives.
type beats struct {
	cancel context.CancelFunc
	done   chan struct{}
}

func (b *beats) stop() {
	b.cancel()
	<-b.done
}

// beat starts the loop for an attempt; one whose server has no heartbeats gets none.
// It lasts until the attempt ends, also while a result waits to be delivered.
func (w *Worker) beat(a *attempt) *beats {
	ctx, cancel := context.WithCancel(a.ctx)
	b := &beats{cancel: cancel, done: make(chan struct{})}
	if !a.claim.beats() {
		close(b.done)
		return b
	}
	go func() {
		defer close(b.done)
		every := pace(a.claim.Lease)
		for backoff.Sleep(ctx, every) == nil {
			answer, err := w.sendBeat(ctx, a, every)
			if err != nil {
				if w.beatFailed(a, err) {
					return
				}
				continue
			}
			if answer.Cancel {
				a.cancel(errCancelled)
				return
			}
			if answer.LeaseSeconds != nil {
				every = pace(*answer.LeaseSeconds)
			}
		}
	}()
	return b
}

// pace is a third of the lease, so that two beats may be lost before it is.
func pace(lease int) time.Duration {
	if lease <= 0 {
		return unleasedBeat
	}
	return max(time.Duration(min(lease, int(maxLease.Seconds())))*time.Second/3, time.Second)
}

func (w *Worker) sendBeat(ctx context.Context, a *attempt, every time.Duration) (wire.HeartbeatAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, min(every, maxBeat))
	defer cancel()
	fraction, message := a.progress.get()
	return w.api.Heartbeat(ctx, a.claim.JobID, wire.Heartbeat{
		WorkerID: a.claim.WorkerID, Attempt: a.claim.Attempt, Progress: fraction, Message: message,
	})
}

// beatFailed tells whether to beat no more. A server that does not answer, or not to
// us, is no reason to stop a conversion; one that says the attempt is over is. A
// finished result is offered all the same: it may be the newest there is.
func (w *Worker) beatFailed(a *attempt, err error) (over bool) {
	if !client.IsStatus(err, http.StatusConflict, http.StatusNotFound, http.StatusGone) {
		a.log.Debug("heartbeat not answered", "err", err)
		return false
	}
	if !a.finished.Load() {
		a.cancel(errLost)
	}
	return true
}
