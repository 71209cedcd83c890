package selftest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"morag/internal/client"
	"morag/internal/wire"
)

// slack is how much later than promised a busy server, or the network to it, may be.
const slack = 5 * time.Second

// backoff has a worker fail, and another succeed.
func (t *trial) backoff(ctx context.Context) error {
	job, err := t.claimed(ctx)
	if err != nil {
		return err
	}
	id := *job.JobID
	failed := wire.JobResult{ErrorMessage: "the engine is cold", WorkerID: t.a, Attempt: *job.Attempt}
	if err := t.deliver(ctx, id, failed, "pending"); err != nil {
		return err
	}
	record, err := t.Job(ctx, id)
	if err != nil {
		return err
	}
	step, err := last(record, "error")
	if err != nil {
		return err
	}
	if record.RetryCount != 1 || deref(record.ErrorMessage) != failed.ErrorMessage || record.WorkerID != nil {
		return fmt.Errorf("after an error the job has retry_count %d, error_message %q, worker_id %q; want 1, the worker's message and none",
			record.RetryCount, deref(record.ErrorMessage), deref(record.WorkerID))
	}
	if record.AvailableAt == nil || !record.AvailableAt.After(*step.At) {
		return errors.New("after an error the job is available at once, want a backoff")
	}
	// What has a backoff of fractions of a second may be there again by now.
	early, err := t.poll(ctx, t.b, 0)
	if err != nil {
		return err
	}
	if early.JobID != nil {
		if record, err = t.Job(ctx, id); err != nil {
			return err
		}
		if record.StartedAt == nil || record.StartedAt.Before(*record.AvailableAt) {
			return errors.New("the job was handed out during its backoff")
		}
		return t.deliver(ctx, id, t.success(t.b, early), "completed")
	}
	if _, err := t.RetryJob(ctx, id, wire.JobChange{}); err != nil && !client.IsConflict(err) { // a short backoff is over
		return fmt.Errorf("a manual retry during the backoff: %w", err)
	}
	again, err := t.claim(ctx, t.b, id)
	if err != nil {
		return err
	}
	if *again.Attempt != 2 {
		return fmt.Errorf("the second claim is attempt %d", *again.Attempt)
	}
	return t.deliver(ctx, id, t.success(t.b, again), "completed")
}

// final has a worker fail for good, and an operator open the job anew.
func (t *trial) final(ctx context.Context) error {
	job, err := t.claimed(ctx)
	if err != nil {
		return err
	}
	id, no := *job.JobID, false
	failed := wire.JobResult{ErrorMessage: "the source is broken", Retryable: &no, WorkerID: t.a, Attempt: *job.Attempt}
	if err := t.deliver(ctx, id, failed, "failed"); err != nil {
		return err
	}
	opened, err := t.RetryJob(ctx, id, wire.JobChange{})
	if err != nil {
		return fmt.Errorf("a manual retry: %w", err)
	}
	if opened.Status != "pending" || opened.RetryCount != 0 {
		return fmt.Errorf("after a manual retry the job is %s with retry_count %d, want pending with 0", opened.Status, opened.RetryCount)
	}
	again, err := t.claim(ctx, t.a, id)
	if err != nil {
		return err
	}
	if err := t.deliver(ctx, id, t.success(t.a, again), "completed"); err != nil {
		return err
	}
	_, err = t.RetryJob(ctx, id, wire.JobChange{})
	return refused("a retry of a completed job", http.StatusConflict, err)
}

// silence lets a lease run out, and the worker come back with its result.
func (t *trial) silence(ctx context.Context) error {
	job, err := t.claimed(ctx)
	if err != nil {
		return err
	}
	id := *job.JobID
	answer, err := t.beat(ctx, t.a, job)
	if err != nil {
		return err
	}
	if answer.LeaseExpiresAt == nil {
		return errors.New("the heartbeat of a job with a lease does not tell its end")
	}
	record, err := t.becomes(ctx, id, "pending", lease+slack)
	if err != nil {
		return err
	}
	step, err := last(record, "lease_lost")
	if err != nil {
		return err
	}
	if late := step.At.Sub(*answer.LeaseExpiresAt); late < 0 || late > slack {
		return fmt.Errorf("the lease was taken away %s after its end", late)
	}
	if record.RetryCount != 1 {
		return fmt.Errorf("a lost lease makes retry_count %d, want 1", record.RetryCount)
	}
	_, err = t.beat(ctx, t.a, job)
	if err := refused("a heartbeat after the lease was lost", http.StatusConflict, err); err != nil {
		return err
	}
	// Nobody has taken the job since: what is finished is not thrown away.
	return t.deliver(ctx, id, t.success(t.a, job), "completed")
}

// deadline makes a job that nobody comes for.
func (t *trial) deadline(ctx context.Context) error {
	second := 1
	id, err := t.create(ctx, func(in *wire.JobCreate) { in.TimeoutSeconds = &second })
	if err != nil {
		return err
	}
	record, err := t.becomes(ctx, id, "timeout", time.Second+slack)
	if err != nil {
		return err
	}
	if _, err := last(record, "deadline"); err != nil {
		return err
	}
	if deref(record.ErrorMessage) == "" {
		return errors.New("a job that timed out does not say so in its error_message")
	}
	return t.idle(ctx, t.a, "that has timed out")
}
