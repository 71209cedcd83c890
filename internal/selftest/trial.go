package selftest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"morag/internal/client"
	"morag/internal/wire"
)

// trial is a check of remote jobs: a content type of its own and two workers for it.
type trial struct {
	*probe
	source      *source
	contentType string
	a, b        string // names of workers
}

const (
	// lease is the shortest that there is: the one check that waits for its end should
	// not take long.
	lease = 15 * time.Second
	// pollWait is how long a poll waits for a job that is there, or comes at once.
	pollWait = 20 * time.Second
)

// withJobs makes a check of remote jobs, if there is a source for them.
func withJobs(run func(*trial, context.Context) error) func(*probe, context.Context) error {
	return func(p *probe, ctx context.Context) error {
		s, err := p.jobSource(ctx)
		if err != nil {
			return err
		}
		return run(&trial{probe: p, source: s, contentType: p.contentType(), a: p.worker("a"), b: p.worker("b")}, ctx)
	}
}

// create makes a job of the trial's type, whose text is not to be indexed unless the
// options say so.
func (t *trial) create(ctx context.Context, change func(*wire.JobCreate)) (string, error) {
	in := wire.JobCreate{
		SourceFilePath: t.source.ref, ContentType: t.contentType, IngestionTaskID: t.contentType + "-task",
		TaskOptions: json.RawMessage(`{"store_in_vector_db": false, "language": "en"}`),
	}
	if change != nil {
		change(&in)
	}
	created, err := t.CreateJob(ctx, in)
	if client.IsStatus(err, http.StatusForbidden, http.StatusUnprocessableEntity) && t.Source != "" {
		return "", fmt.Errorf("create a job for --source: %w", err)
	}
	if err != nil {
		return "", fmt.Errorf("create a job: %w", err)
	}
	t.noteJob(created.JobID)
	if created.Status != "pending" {
		return "", fmt.Errorf("a new job is %s, want pending", created.Status)
	}
	return created.JobID, nil
}

func (p *probe) noteJob(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.jobs = append(p.jobs, id)
}

// poll asks for one job under a lease.
func (t *trial) poll(ctx context.Context, worker string, wait time.Duration) (wire.Job, error) {
	found, err := t.Poll(ctx, client.Poll{WorkerID: worker, ContentTypes: []string{t.contentType}, MaxJobs: 1, Wait: wait, Lease: lease})
	if err != nil {
		return wire.Job{}, fmt.Errorf("poll: %w", err)
	}
	if (found.JobID == nil) != (len(found.Jobs) == 0) {
		return wire.Job{}, fmt.Errorf("a poll's first job and its list of %d do not agree", len(found.Jobs))
	}
	if found.JobID != nil && (found.Attempt == nil || found.SourceFileURL == nil || found.LeaseSeconds == nil) {
		return wire.Job{}, errors.New("a claimed job has no attempt, source_file_url or lease_seconds")
	}
	return found.Job, nil
}

// claim has a worker poll for the job of that id and take it up.
func (t *trial) claim(ctx context.Context, worker, id string) (wire.Job, error) {
	job, err := t.poll(ctx, worker, pollWait)
	if err != nil {
		return job, err
	}
	if deref(job.JobID) != id {
		return job, fmt.Errorf("a poll for its type got job %q, want %s", deref(job.JobID), id)
	}
	_, err = t.beat(ctx, worker, job)
	return job, err
}

// claimed makes a job and has worker a take it up.
func (t *trial) claimed(ctx context.Context) (wire.Job, error) {
	id, err := t.create(ctx, nil)
	if err != nil {
		return wire.Job{}, err
	}
	return t.claim(ctx, t.a, id)
}

// idle is nil when a poll of the worker that does not wait brings nothing.
func (t *trial) idle(ctx context.Context, worker, why string) error {
	job, err := t.poll(ctx, worker, 0)
	if err == nil && job.JobID != nil {
		err = fmt.Errorf("a worker got a job %s", why)
	}
	return err
}

func (t *trial) beat(ctx context.Context, worker string, job wire.Job) (wire.HeartbeatAnswer, error) {
	answer, err := t.Heartbeat(ctx, *job.JobID, wire.Heartbeat{WorkerID: worker, Attempt: *job.Attempt})
	if err != nil {
		return answer, fmt.Errorf("heartbeat: %w", err)
	}
	return answer, nil
}

// put sends a result as it is.
func (t *trial) put(ctx context.Context, id string, result wire.JobResult) (wire.JobResultTaken, error) {
	body, err := json.Marshal(result)
	if err != nil {
		return wire.JobResultTaken{}, err
	}
	return t.PutResult(ctx, id, bytes.NewReader(body), int64(len(body)))
}

// success is what a worker has made of the job.
func (t *trial) success(worker string, job wire.Job) wire.JobResult {
	return wire.JobResult{
		Success: true, Content: wire.Text("The text of " + t.contentType + "."), Metadata: json.RawMessage(`{"pages": 1}`),
		ProcessingTime: 0.5, WorkerID: worker, Attempt: *job.Attempt,
	}
}

// deliver sends a result that has to lead to a status.
func (t *trial) deliver(ctx context.Context, id string, result wire.JobResult, want string) error {
	taken, err := t.put(ctx, id, result)
	if err != nil {
		return fmt.Errorf("result: %w", err)
	}
	if taken.Status != want {
		return fmt.Errorf("the result leads to %s, want %s", taken.Status, want)
	}
	return t.is(ctx, id, want)
}

// is checks the status of a job.
func (t *trial) is(ctx context.Context, id, want string) error {
	status, err := t.JobStatus(ctx, id)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	if status.Status != want {
		return fmt.Errorf("the job is %s (%s), want %s", status.Status, deref(status.ErrorMessage), want)
	}
	return nil
}

// becomes waits until a job has a status and returns its record.
func (t *trial) becomes(ctx context.Context, id, want string, within time.Duration) (wire.JobRecord, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("the job is not %s after %s", want, within))
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		record, err := t.Job(ctx, id)
		if err == nil && record.Status == want {
			return record, nil
		}
		if err != nil && ctx.Err() == nil {
			return record, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return record, context.Cause(ctx)
		}
	}
}

// last is the newest step of a job's history, which has to be of this kind.
func last(record wire.JobRecord, reason string) (wire.JobStep, error) {
	if len(record.History) == 0 {
		return wire.JobStep{}, errors.New("the job has no history")
	}
	step := record.History[len(record.History)-1]
	if step.Reason != reason || step.At == nil {
		return step, fmt.Errorf("the last step of the job's history is %q, want %q with its time", step.Reason, reason)
	}
	return step, nil
}
