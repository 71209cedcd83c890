package worker

import (
	"context"
	"net/http"
	"time"

	"morag/internal/backoff"
	"morag/internal/client"
	"morag/internal/wire"
)

// releaseTime is how long releasing a job may take.
const releaseTime = 2 * time.Second

// giveBack tells the server that a job is free again.
func (w *Worker) giveBack(c claim, reason string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.work), releaseTime)
	defer cancel()
	_, err := w.api.ReleaseJob(ctx, c.JobID, wire.JobChange{WorkerID: c.WorkerID, Attempt: c.Attempt, Reason: reason})
	return err
}

// release releases an unfinished attempt. What the server does not hear of stays in
// the spool, so that the next start can ask whether it still counts.
func (w *Worker) release(a *attempt, why error) {
	err := w.giveBack(a.claim, why.Error())
	switch {
	case err == nil:
		a.log.Info("job released", "reason", why)
		w.remove(a)
	case a.claim.beats() && client.IsStatus(err, http.StatusConflict, http.StatusNotFound, http.StatusGone):
		w.drop(a, err)
	default:
		a.log.Warn("job not released, kept for the next start", "reason", why, "err", err)
	}
}

// noRoom releases a job that does not fit on the disk. A server that takes nothing
// back gets an error result. The slot stays taken for a while, since the next job may
// fare no better.
func (w *Worker) noRoom(a *attempt, why error) {
	if err := w.giveBack(a.claim, why.Error()); err == nil {
		a.log.Warn("job released", "reason", why)
		w.remove(a)
	} else {
		a.folder.removeSource()
		w.finish(a, resultOf(a, nil, why, 0), why)
	}
	_ = backoff.Sleep(a.ctx, backoff.Jitter(w.cfg.PollInterval))
}
