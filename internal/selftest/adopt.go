package selftest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// adopt makes a job under a task id of its own: its text is indexed.
func (t *trial) adopt(ctx context.Context) error {
	document, task := t.contentType+"-adopted", t.contentType+"-task"
	options, err := json.Marshal(map[string]any{"document_id": document})
	if err != nil {
		return err
	}
	id, err := t.create(ctx, func(in *wire.JobCreate) { in.TaskOptions, in.IngestionTaskID = options, task })
	if err != nil {
		return err
	}
	job, err := t.claim(ctx, t.a, id)
	if err != nil {
		return err
	}
	t.remember(wire.Ingested{TaskID: task, DocumentID: document})
	result := t.success(t.a, job)
	result.Content = wire.Text("A " + word(t.contentType) + " is mentioned by the worker alone.")
	taken, err := t.put(ctx, id, result)
	if err != nil {
		return fmt.Errorf("result: %w", err)
	}
	if taken.Status != "completed" || !taken.IngestionContinued {
		return fmt.Errorf("the result is answered %+v, want completed with ingestion_continued", taken)
	}
	ended, err := t.WaitTask(ctx, task, nil)
	if err != nil {
		return err
	}
	if err := succeeded(ended); err != nil {
		return err
	}
	return t.finds(ctx, word(t.contentType), document)
}

// remoteType is the content type that a server has to convert remotely for [remote]:
// tasks choose their job's type, and real workers have the real ones.
const remoteType = "selftest"

// remote has a file ingested by a worker.
func (p *probe) remote(ctx context.Context) error {
	text := "What " + p.name + " lets a worker convert."
	t := &trial{probe: p, source: &source{text: text}, contentType: remoteType, a: p.worker("a")}
	path, err := p.write("remote", text)
	if err != nil {
		return err
	}
	marker := word(p.name + "remote")
	created, err := p.IngestFile(ctx, path, client.IngestOptions{
		Options:     option.Options{DocumentID: p.name + "-remote", Remote: true, NoFallback: true, RemoteTimeout: int(checkTime / time.Second)},
		ContentType: remoteType,
	})
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	p.remember(created)
	job, err := t.remoteJob(ctx, created.TaskID)
	if err != nil {
		return err
	}
	if err := t.download(ctx, job); err != nil {
		return err
	}
	result := t.success(t.a, job)
	result.Content = wire.Text("Only a " + marker + " is in it.")
	taken, err := t.put(ctx, *job.JobID, result)
	if err != nil {
		return fmt.Errorf("result: %w", err)
	}
	if taken.Status != "completed" || !taken.IngestionContinued {
		return fmt.Errorf("the result is answered %+v, want completed with ingestion_continued", taken)
	}
	task, err := p.WaitTask(ctx, created.TaskID, nil)
	if err != nil {
		return err
	}
	if err := succeeded(task); err != nil {
		return err
	}
	var done wire.TaskResult
	if err := json.Unmarshal(task.Result, &done); err != nil {
		return fmt.Errorf("the task's result: %w", err)
	}
	if done.ProcessingMethod != "remote" {
		return fmt.Errorf("processing_method is %q, want remote", done.ProcessingMethod)
	}
	return p.finds(ctx, marker, created.DocumentID)
}

// remoteJob claims the job that a task waits for. Jobs of another self-test that runs
// at the same time are released.
func (t *trial) remoteJob(ctx context.Context, task string) (wire.Job, error) {
	for {
		job, err := t.poll(ctx, t.a, time.Second)
		if err != nil {
			return job, err
		}
		now, err := t.Task(ctx, task)
		if err != nil {
			return job, fmt.Errorf("task status: %w", err)
		}
		if now.RemoteJobID != nil {
			t.noteJob(*now.RemoteJobID)
		}
		if job.JobID != nil && *job.JobID == deref(now.RemoteJobID) {
			_, err := t.beat(ctx, t.a, job)
			return job, err
		}
		if job.JobID != nil {
			if _, err := t.ReleaseJob(ctx, *job.JobID, wire.JobChange{WorkerID: t.a, Attempt: *job.Attempt}); err != nil {
				return job, fmt.Errorf("release: %w", err)
			}
		}
		if local := strings.Join(now.Warnings, "; "); strings.Contains(local, "MORAG_REMOTE") {
			return job, skip(local + "; with " + remoteType + " among MORAG_REMOTE_CONTENT_TYPES it can be checked")
		}
		if client.Ended(now.Status) {
			return job, errors.Join(errors.New("the task ended without a remote job"), succeeded(now))
		}
	}
}
