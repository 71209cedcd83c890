package selftest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"morag/internal/client"
	"morag/internal/wire"
)

// release has a worker release a job.
func (t *trial) release(ctx context.Context) error {
	job, err := t.claimed(ctx)
	if err != nil {
		return err
	}
	id := *job.JobID
	back := wire.JobChange{WorkerID: t.a, Attempt: *job.Attempt, Reason: "shutting down"}
	released, err := t.ReleaseJob(ctx, id, back)
	if err != nil {
		return fmt.Errorf("release: %w", err)
	}
	if released.Status != "pending" || released.RetryCount != 0 {
		return fmt.Errorf("a released job is %s with retry_count %d, want pending with 0", released.Status, released.RetryCount)
	}
	if _, err := t.ReleaseJob(ctx, id, back); err != nil {
		return fmt.Errorf("a second release: %w", err)
	}
	again, err := t.claim(ctx, t.b, id)
	if err != nil {
		return err
	}
	return t.deliver(ctx, id, t.success(t.b, again), "completed")
}

// reassign keeps a job for one worker, then takes it from there.
func (t *trial) reassign(ctx context.Context) error {
	id, err := t.create(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := t.ReassignJob(ctx, id, wire.JobChange{WorkerID: t.b}); err != nil {
		return fmt.Errorf("reassign: %w", err)
	}
	if err := t.idle(ctx, t.a, "that is assigned to another"); err != nil {
		return err
	}
	held, err := t.claim(ctx, t.b, id)
	if err != nil {
		return err
	}
	if _, err := t.ReassignJob(ctx, id, wire.JobChange{WorkerID: t.a}); err != nil {
		return fmt.Errorf("reassign a job that is worked on: %w", err)
	}
	_, err = t.beat(ctx, t.b, held)
	if err := refused("a heartbeat of who lost the job to another", http.StatusConflict, err); err != nil {
		return err
	}
	taken, err := t.claim(ctx, t.a, id)
	if err != nil {
		return err
	}
	_, err = t.put(ctx, id, t.success(t.b, held))
	if err := refused("a result of who lost the job to another", http.StatusConflict, err); err != nil {
		return err
	}
	return t.deliver(ctx, id, t.success(t.a, taken), "completed")
}

// drain keeps jobs from a worker for a while.
func (t *trial) drain(ctx context.Context) error {
	idle := t.worker("idle")
	if err := t.idle(ctx, idle, "before there was one"); err != nil { // the server gets to know it
		return err
	}
	t.mu.Lock()
	t.workers[idle] = true
	t.mu.Unlock()
	if err := t.DrainWorker(ctx, idle); err != nil {
		return fmt.Errorf("drain: %w", err)
	}
	id, err := t.create(ctx, nil)
	if err != nil {
		return err
	}
	if err := t.idle(ctx, idle, "although it is drained"); err != nil {
		return err
	}
	known, err := t.Workers(ctx, client.List{})
	if err != nil {
		return fmt.Errorf("list the workers: %w", err)
	}
	if !slices.ContainsFunc(known.Workers, func(w wire.Worker) bool { return w.WorkerID == idle && w.Drained }) {
		return errors.New("the list of workers does not show the drained one as such")
	}
	if err := t.ResumeWorker(ctx, idle); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	_, err = t.claim(ctx, idle, id)
	return err
}

// once makes a job twice with the same Idempotency-Key.
func (t *trial) once(ctx context.Context) error {
	post := func(source string) (string, answer, error) {
		body, err := json.Marshal(wire.JobCreate{SourceFilePath: source, ContentType: t.contentType, IngestionTaskID: t.contentType + "-task"})
		if err != nil {
			return "", answer{}, err
		}
		got, err := t.call(ctx, "POST", "/api/v1/remote-jobs", http.Header{"Idempotency-Key": {t.contentType}}, strings.NewReader(string(body)))
		var created wire.JobCreated
		if err == nil && got.status == http.StatusOK {
			err = json.Unmarshal(got.body, &created)
			t.noteJob(created.JobID)
		}
		return created.JobID, got, err
	}
	first, _, err := post(t.source.ref)
	if err != nil {
		return err
	}
	second, got, err := post(t.source.ref)
	if err != nil {
		return err
	}
	if first == "" || first != second {
		return fmt.Errorf("the same request made job %q, then answered %d with %q", first, got.status, second)
	}
	_, got, err = post(t.source.ref + "x")
	if err != nil {
		return err
	}
	return got.refusal("another body under the same key", http.StatusUnprocessableEntity)
}

// list looks for a job where operators do.
func (t *trial) list(ctx context.Context) error {
	job, err := t.claimed(ctx)
	if err != nil {
		return err
	}
	id := *job.JobID
	for _, f := range []client.JobFilter{
		{ContentType: t.contentType}, {ContentType: t.contentType, Status: "processing"}, {WorkerID: t.a, ContentType: t.contentType},
	} {
		page, err := t.Jobs(ctx, f)
		if err != nil {
			return fmt.Errorf("list the jobs: %w", err)
		}
		if len(page.Jobs) != 1 || page.Jobs[0].ID != id || len(page.Jobs[0].ResultData) > 4 { // null
			return fmt.Errorf("the list of %+v has %d jobs, want the one that there is, without its result", f, len(page.Jobs))
		}
	}
	if page, err := t.Jobs(ctx, client.JobFilter{ContentType: t.contentType, Status: "completed"}); err != nil || len(page.Jobs) != 0 {
		return errors.Join(fmt.Errorf("a list of completed jobs has %d that are not", len(page.Jobs)), err)
	}
	raw, err := t.JobStatistics(ctx)
	if err != nil {
		return fmt.Errorf("statistics: %w", err)
	}
	var stats wire.JobStatistics
	if err := json.Unmarshal(raw, &stats); err != nil {
		return fmt.Errorf("statistics: %w", err)
	}
	if stats.StatusCounts["processing"] < 1 || stats.ContentTypeCounts[t.contentType] != 1 || stats.TotalJobs < 1 || stats.RecentJobs24h < 1 {
		return fmt.Errorf("the statistics do not count the job: %s", raw)
	}
	record, err := t.Job(ctx, id)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	if record.Attempt != 1 || record.Revision < 2 || len(record.History) != 2 || record.SourceFilePath != t.source.ref {
		return fmt.Errorf("the record has attempt %d, revision %d and %d steps of history, want 1, 2 or more, and 2", record.Attempt, record.Revision, len(record.History))
	}
	return t.deliver(ctx, id, t.success(t.a, job), "completed")
}
