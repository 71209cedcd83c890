package worker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"morag/internal/backoff"
	"morag/internal/client"
	"morag/internal/wire"
)

// maxSending results are on their way at a time.
const maxSending = 4

// deliver offers an attempt's result until the server takes it, says that it never
// will, or the attempt's time to keep it is over. What is not decided when the
// attempt's context ends stays in the spool. tried, if not nil, is called after the
// first try.
func (w *Worker) deliver(a *attempt, tried func()) {
	b := newBackoff()
	trouble := ""
	for {
		err := w.send(a)
		if tried != nil {
			tried()
			tried = nil
		}
		if err == nil {
			a.log.Info("result delivered")
			w.remove(a)
			return
		}
		if a.ctx.Err() == nil {
			wait, final := w.judge(a, err, &b)
			if final {
				w.drop(a, err)
				return
			}
			if kind := kindOf(err); wait > 0 && kind != trouble {
				a.log.Warn("result waits for the server", "reason", client.Sentence(err, w.cfg.Server))
				trouble = kind
			}
			if backoff.Sleep(a.ctx, wait) == nil {
				continue
			}
		}
		if why := context.Cause(a.ctx); errors.Is(why, errCancelled) || errors.Is(why, errLost) {
			w.drop(a, why)
		}
		return
	}
}

// send puts the result once.
func (w *Worker) send(a *attempt) error {
	select {
	case w.sending <- struct{}{}:
		defer func() { <-w.sending }()
	case <-a.ctx.Done():
		return a.ctx.Err()
	}
	file, size, err := a.folder.openResult()
	if err != nil {
		return fmt.Errorf("read result: %w", err)
	}
	defer file.Close()
	_, err = w.api.PutResult(a.traced, a.claim.JobID, file, size)
	return err
}

// judge says what a failed delivery means: never again, or how long to wait.
func (w *Worker) judge(a *attempt, err error, b *backoff.Series) (wait time.Duration, final bool) {
	switch status := client.StatusOf(err); {
	case status == http.StatusConflict, status == http.StatusNotFound, status == http.StatusGone:
		return 0, true
	case w.now().After(a.keepUntil), errors.Is(err, fs.ErrNotExist):
		return 0, true
	case client.IsDenied(err):
		return backoff.Jitter(2 * deniedPause), false
	case status == http.StatusRequestEntityTooLarge, status == http.StatusBadRequest, status == http.StatusUnprocessableEntity:
		// The same bytes will be refused for ever; why is the last thing to say.
		if a.refused {
			return 0, true
		}
		a.refused = true
		if w.replace(a, err) != nil {
			return 0, true
		}
		return 0, false
	}
	return max(b.Next(), client.RetryAfter(err)), false
}

// replace puts an error result in the place of one that the server does not take.
func (w *Worker) replace(a *attempt, refusal error) error {
	a.log.Warn("result refused", "err", refusal)
	no := false
	return w.spoolResult(a, wire.JobResult{
		WorkerID:     a.claim.WorkerID,
		Attempt:      a.claim.Attempt,
		ErrorMessage: "the server refused the result: " + refusal.Error(),
		Retryable:    &no,
	})
}

// kindOf groups failures, so that each kind is logged once.
func kindOf(err error) string {
	if status := client.StatusOf(err); status != 0 {
		return http.StatusText(status)
	}
	return "no answer"
}
