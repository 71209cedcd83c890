package selftest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"morag/internal/client"
	"morag/internal/wire"
)

// whole is the lifecycle of a job without trouble.
func (t *trial) whole(ctx context.Context) error {
	id, err := t.create(ctx, nil)
	if err != nil {
		return err
	}
	if err := t.is(ctx, id, "pending"); err != nil {
		return err
	}
	job, err := t.claim(ctx, t.a, id)
	if err != nil {
		return err
	}
	if *job.Attempt != 1 || deref(job.ContentType) != t.contentType || job.TimeoutAt == nil || !json.Valid(job.TaskOptions) {
		return fmt.Errorf("the claimed job is not what was created: attempt %d, content_type %q, task_options %s", *job.Attempt, deref(job.ContentType), job.TaskOptions)
	}
	if err := t.download(ctx, job); err != nil {
		return err
	}
	half := 0.5
	answer, err := t.Heartbeat(ctx, id, wire.Heartbeat{WorkerID: t.a, Attempt: 1, Progress: &half, Message: "half of it"})
	if err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	if answer.Status != "processing" || answer.Cancel || answer.LeaseSeconds == nil || answer.LeaseExpiresAt == nil {
		return fmt.Errorf("the heartbeat's answer is status %s, cancel %v, or lacks the lease", answer.Status, answer.Cancel)
	}
	status, err := t.JobStatus(ctx, id)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	if status.Progress != half || deref(status.ProgressMessage) != "half of it" || deref(status.WorkerID) != t.a {
		return fmt.Errorf("the status shows progress %v (%s) by %s, want what the heartbeat said", status.Progress, deref(status.ProgressMessage), deref(status.WorkerID))
	}
	result := t.success(t.a, job)
	if err := t.deliver(ctx, id, result, "completed"); err != nil {
		return err
	}
	return t.delivered(ctx, id, result)
}

// delivered checks the result that a completed job shows.
func (t *trial) delivered(ctx context.Context, id string, result wire.JobResult) error {
	status, err := t.JobStatus(ctx, id)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	var data struct {
		Content  string         `json:"content"`
		Metadata map[string]any `json:"metadata"`
	}
	if err := json.Unmarshal(status.ResultData, &data); err != nil {
		return fmt.Errorf("result_data of the completed job: %w", err)
	}
	if data.Content != deref(result.Content) || data.Metadata["pages"] != 1.0 {
		return fmt.Errorf("result_data is %s, want what was delivered", status.ResultData)
	}
	if status.CompletedAt == nil || status.StartedAt == nil || status.ErrorMessage != nil {
		return errors.New("the completed job lacks started_at or completed_at, or has an error_message")
	}
	return nil
}

// download fetches the source and compares it with what is known of it.
func (t *trial) download(ctx context.Context, job wire.Job) error {
	file, err := os.Create(filepath.Join(t.dir, t.contentType))
	if err != nil {
		return err
	}
	defer file.Close()
	d := client.Download{Path: *job.SourceFileURL, File: file, SHA256: deref(job.SourceSHA256)}
	if job.SourceSize != nil {
		d.Size = *job.SourceSize
	}
	if _, err := t.Download(ctx, d); err != nil {
		return fmt.Errorf("download: %w", err)
	}
	got, err := os.ReadFile(file.Name())
	if err != nil {
		return err
	}
	if t.source.text != "" && string(got) != t.source.text {
		return fmt.Errorf("the download of %d bytes is not the source of %d", len(got), len(t.source.text))
	}
	return nil
}

// resume downloads the rest of a source of which the beginning is there.
func (t *trial) resume(ctx context.Context) error {
	job, err := t.claimed(ctx)
	if err != nil {
		return err
	}
	whole, err := t.call(ctx, "GET", *job.SourceFileURL, nil, nil)
	if err != nil {
		return err
	}
	half := len(whole.body) / 2
	if whole.status != 200 || half == 0 || whole.header.Get("ETag") == "" {
		return fmt.Errorf("the download is answered %d with %d bytes and ETag %q", whole.status, len(whole.body), whole.header.Get("ETag"))
	}
	rest, err := t.call(ctx, "GET", *job.SourceFileURL, map[string][]string{
		"Range": {fmt.Sprintf("bytes=%d-", half)}, "If-Range": {whole.header.Get("ETag")},
	}, nil)
	if err != nil {
		return err
	}
	if rest.status != 206 || string(rest.body) != string(whole.body[half:]) {
		return fmt.Errorf("the second half is answered %d with %d bytes, want 206 with %d", rest.status, len(rest.body), len(whole.body)-half)
	}
	if err := t.deliver(ctx, *job.JobID, t.success(t.a, job), "completed"); err != nil {
		return err
	}
	// The address was a capability for the attempt, which is over.
	over, err := t.call(ctx, "GET", *job.SourceFileURL, nil, nil)
	if err == nil && over.status != 403 {
		err = fmt.Errorf("a download after the job's end is answered %d, want 403", over.status)
	}
	return err
}

// wake has a poll wait, makes a job, and looks how soon the poll has it.
func (t *trial) wake(ctx context.Context) error {
	type outcome struct {
		job wire.Job
		err error
		at  time.Time
	}
	got := make(chan outcome, 1)
	go func() {
		job, err := t.poll(ctx, t.a, pollWait)
		got <- outcome{job, err, t.Now()}
	}()
	// The poll has to be in line; nothing tells when it is.
	pause := time.NewTimer(300 * time.Millisecond)
	defer pause.Stop()
	select {
	case early := <-got:
		return errors.Join(errors.New("a poll that is to wait was answered at once"), early.err)
	case <-pause.C:
	}
	id, err := t.create(ctx, nil)
	created := t.Now()
	woken := <-got
	if err := errors.Join(err, woken.err); err != nil {
		return err
	}
	if deref(woken.job.JobID) != id {
		return fmt.Errorf("the waiting poll got job %q, want %s", deref(woken.job.JobID), id)
	}
	if late := woken.at.Sub(created); late > pollWait/4 {
		return fmt.Errorf("the waiting poll was answered %s after the job was made", late.Round(time.Millisecond))
	}
	return nil
}

// wait has a poll wait for nothing.
func (t *trial) wait(ctx context.Context) error {
	began := t.Now()
	job, err := t.poll(ctx, t.a, time.Second)
	if err != nil {
		return err
	}
	if job.JobID != nil {
		return errors.New("a poll for a type without jobs got one")
	}
	if took := t.Now().Sub(began); took < 900*time.Millisecond {
		return fmt.Errorf("a poll that waits for 1 s was answered after %s", took.Round(time.Millisecond))
	}
	head, err := t.call(ctx, "HEAD", "/api/v1/remote-jobs/poll?worker_id="+t.a+"&content_types="+t.contentType, nil, nil)
	if err == nil && head.status != 405 {
		err = fmt.Errorf("HEAD on the poll is answered %d, want 405", head.status)
	}
	return err
}

// several asks for more jobs than there are.
func (t *trial) several(ctx context.Context) error {
	var ids []string
	for _, priority := range []int{0, 5, 0} {
		id, err := t.create(ctx, func(in *wire.JobCreate) { in.Priority = &priority })
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	found, err := t.Poll(ctx, client.Poll{WorkerID: t.a, ContentTypes: []string{t.contentType}, MaxJobs: 10, Lease: lease})
	if err != nil {
		return fmt.Errorf("poll: %w", err)
	}
	want := []string{ids[1], ids[0], ids[2]}
	if len(found.Jobs) != len(want) {
		return fmt.Errorf("a poll for ten jobs got %d of %d", len(found.Jobs), len(want))
	}
	for i, job := range found.Jobs {
		if deref(job.JobID) != want[i] {
			return fmt.Errorf("job %d of the poll is %s, want %s: by priority, then by age", i+1, deref(job.JobID), want[i])
		}
	}
	return nil
}

// crowd has workers poll at the same time for fewer jobs than they are.
func (t *trial) crowd(ctx context.Context) error {
	const jobs = 3
	workers := []string{"a", "b", "c", "d", "e"}
	for range jobs {
		if _, err := t.create(ctx, nil); err != nil {
			return err
		}
	}
	var mu sync.Mutex
	var errs []error
	handed := map[string]int{}
	var polling sync.WaitGroup
	for _, name := range workers {
		polling.Go(func() {
			job, err := t.poll(ctx, t.worker(name), 0)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
			} else if job.JobID != nil {
				handed[*job.JobID]++
			}
		})
	}
	polling.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for id, times := range handed {
		if times != 1 {
			return fmt.Errorf("job %s was handed out %d times", id, times)
		}
	}
	if len(handed) != jobs {
		return fmt.Errorf("%d of %d jobs were handed out to %d workers", len(handed), jobs, len(workers))
	}
	return nil
}
