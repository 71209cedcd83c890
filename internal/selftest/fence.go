package selftest

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"morag/internal/client"
	"morag/internal/wire"
)

// fence speaks for a job in every wrong way; what is right is accepted afterwards.
func (t *trial) fence(ctx context.Context) error {
	first, err := t.claimed(ctx)
	if err != nil {
		return err
	}
	id := *first.JobID
	if _, err := t.ReleaseJob(ctx, id, wire.JobChange{WorkerID: t.a, Attempt: *first.Attempt}); err != nil {
		return fmt.Errorf("release: %w", err)
	}
	second, err := t.claim(ctx, t.b, id)
	if err != nil {
		return err
	}
	stale, nobody := t.success(t.a, first), t.success("", second)
	nobody.Attempt = 0
	stranger := t.success(t.a, second)
	var errs []error
	for _, wrong := range []struct {
		what   string
		result wire.JobResult
	}{
		{"a result of an earlier attempt", stale},
		{"a result of another worker", stranger},
		{"a result that names nobody, for a job with a lease", nobody},
	} {
		_, err := t.put(ctx, id, wrong.result)
		errs = append(errs, refused(wrong.what, http.StatusConflict, err))
	}
	_, err = t.beat(ctx, t.a, first)
	errs = append(errs, refused("a heartbeat of an earlier attempt", http.StatusConflict, err))
	_, err = t.beat(ctx, t.a, second)
	errs = append(errs, refused("a heartbeat of another worker", http.StatusConflict, err))
	_, err = t.ReleaseJob(ctx, id, wire.JobChange{WorkerID: t.a, Attempt: *second.Attempt})
	errs = append(errs, refused("a release by another worker", http.StatusConflict, err))
	old, err := t.call(ctx, "GET", *first.SourceFileURL, nil, nil)
	if err == nil && old.status != http.StatusForbidden {
		err = fmt.Errorf("a download by the address of an earlier attempt is answered %d, want 403", old.status)
	}
	errs = append(errs, err)
	_, err = t.put(ctx, t.contentType+"-none", t.success(t.b, second))
	errs = append(errs, refused("a result for a job that is not there", http.StatusNotFound, err))
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := t.is(ctx, id, "processing"); err != nil {
		return fmt.Errorf("after what was refused %w", err)
	}
	return t.deliver(ctx, id, t.success(t.b, second), "completed")
}

// repeat sends results twice.
func (t *trial) repeat(ctx context.Context) error {
	job, err := t.claimed(ctx)
	if err != nil {
		return err
	}
	id := *job.JobID
	failed := wire.JobResult{ErrorMessage: "the engine is cold", WorkerID: t.a, Attempt: *job.Attempt}
	if err := t.same(ctx, id, failed); err != nil {
		return err
	}
	record, err := t.Job(ctx, id)
	if err != nil {
		return err
	}
	if record.RetryCount != 1 {
		return fmt.Errorf("an error sent twice makes retry_count %d, want 1", record.RetryCount)
	}
	if _, err := t.RetryJob(ctx, id, wire.JobChange{}); err != nil && !client.IsConflict(err) { // a short backoff is over
		return fmt.Errorf("a manual retry during the backoff: %w", err)
	}
	if job, err = t.claim(ctx, t.b, id); err != nil {
		return err
	}
	success := t.success(t.b, job)
	if err := t.same(ctx, id, success); err != nil {
		return err
	}
	other := success
	other.Content = wire.Text(deref(success.Content) + " And more.")
	_, err = t.put(ctx, id, other)
	if err := refused("another result for a completed job", http.StatusConflict, err); err != nil {
		return err
	}
	return t.delivered(ctx, id, success)
}

// same sends a result twice and compares the answers.
func (t *trial) same(ctx context.Context, id string, result wire.JobResult) error {
	first, err := t.put(ctx, id, result)
	if err != nil {
		return fmt.Errorf("result: %w", err)
	}
	second, err := t.put(ctx, id, result)
	if err != nil {
		return fmt.Errorf("the same result again: %w", err)
	}
	if first != second {
		return fmt.Errorf("a result is answered %+v, the same again %+v", first, second)
	}
	return nil
}

// cancel calls a job off that is worked on.
func (t *trial) cancel(ctx context.Context) error {
	job, err := t.claimed(ctx)
	if err != nil {
		return err
	}
	id := *job.JobID
	cancelled, err := t.CancelJob(ctx, id, wire.JobChange{Reason: "nobody wants it any more"})
	if err != nil {
		return fmt.Errorf("cancel: %w", err)
	}
	if cancelled.Status != "cancelled" {
		return fmt.Errorf("a cancelled job is %s", cancelled.Status)
	}
	answer, err := t.beat(ctx, t.a, job)
	if err != nil {
		return fmt.Errorf("after the cancel: %w", err)
	}
	if !answer.Cancel || answer.Status != "cancelled" {
		return fmt.Errorf("the heartbeat after the cancel is answered status %s, cancel %v", answer.Status, answer.Cancel)
	}
	_, err = t.put(ctx, id, t.success(t.a, job))
	if err := refused("a result for a cancelled job", http.StatusConflict, err); err != nil {
		return err
	}
	if _, err := t.CancelJob(ctx, id, wire.JobChange{}); err != nil {
		return fmt.Errorf("a second cancel: %w", err)
	}
	return t.idle(ctx, t.b, "that was cancelled")
}
