package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"morag/internal/auth"
	"morag/internal/blob"
	"morag/internal/ingest"
	"morag/internal/job"
	"morag/internal/remote"
	"morag/internal/task"
	"morag/internal/trace"
	"morag/internal/wire"
)

// jobPath is a path that names a job.
type jobPath struct {
	ID string `path:"id" doc:"the job's id"`
}

func (in jobPath) check() error {
	if !job.ValidID(in.ID) {
		return job.ErrNotFound
	}
	return nil
}

type jobCreate struct {
	repeatable
	Body wire.JobCreate `body:""`
}

func (s *Server) createJob(ctx context.Context, c *call, q jobCreate) (out wire.JobCreated, err error) {
	in := q.Body
	spec := job.Spec{
		SourceFilePath: in.SourceFilePath, ContentType: in.ContentType, IngestionTaskID: in.IngestionTaskID,
		CreatedBy: c.caller.Name, Owner: c.scope().Owner, MaxRetries: in.MaxRetries, Traceparent: trace.Parent(ctx),
	}
	if string(in.TaskOptions) != "null" {
		spec.TaskOptions = in.TaskOptions
	}
	if in.TimeoutSeconds != nil {
		if *in.TimeoutSeconds < 1 || *in.TimeoutSeconds > int(365*24*time.Hour/time.Second) {
			return out, invalid("timeout_seconds must be at least 1 and at most a week")
		}
		spec.Timeout = time.Duration(*in.TimeoutSeconds) * time.Second
	}
	if in.Priority != nil {
		spec.Priority, spec.Precedence = *in.Priority, c.scope().Precedence(*in.Priority)
	}
	if spec.ID, err = q.id(c); err != nil {
		return out, err
	}
	j, err := s.earlierJob(ctx, spec)
	if j == nil && err == nil {
		j, err = s.newJob(ctx, spec)
	}
	if err != nil {
		return out, err
	}
	c.noteForAudit("job_id", j.ID, "task_id", j.IngestionTaskID)
	return wire.JobCreated{JobID: j.ID, Status: string(job.Pending), CreatedAt: j.CreatedAt}, nil
}

func (s *Server) newJob(ctx context.Context, spec job.Spec) (*job.Job, error) {
	j, err := s.Remote.Create(ctx, spec)
	if errors.Is(err, remote.ErrTask) {
		return nil, problem(http.StatusConflict, "ingestion_task_id %s is a task already", spec.IngestionTaskID)
	}
	if errors.Is(err, job.ErrExists) {
		return s.earlierJob(ctx, spec)
	}
	return j, err
}

// earlierJob returns the job that the same request made before, nil when there is
// none.
func (s *Server) earlierJob(ctx context.Context, spec job.Spec) (*job.Job, error) {
	if spec.ID == "" {
		return nil, nil
	}
	j, err := s.Dispatch.Get(ctx, spec.ID)
	if errors.Is(err, job.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	same := sameSource(j, spec.SourceFilePath) && j.IngestionTaskID == spec.IngestionTaskID && j.Priority == spec.Priority &&
		(spec.Timeout == 0 || j.Timeout() == spec.Timeout) && (spec.MaxRetries == nil || j.MaxRetries == *spec.MaxRetries) &&
		(len(spec.TaskOptions) == 0 || sameJSON(s.Dispatch.Options(j), spec.TaskOptions))
	if !same {
		return nil, ingest.ErrReused
	}
	return j, nil
}

// sameSource tells whether the job was asked for with that source_file_path: of one whose
// source was copied only the name is known.
func sameSource(j *job.Job, path string) bool {
	if strings.HasPrefix(j.SourceFilePath, blob.Scheme) && !strings.HasPrefix(path, blob.Scheme) {
		return j.SourceName == filepath.Base(path)
	}
	return j.SourceFilePath == path
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

type jobFilter struct {
	page
	beginning
	Status      string `query:"status" enum:"pending processing completed failed timeout cancelled" doc:"only jobs of this status"`
	ContentType string `query:"content_type" doc:"only jobs of this type"`
	WorkerID    string `query:"worker_id" doc:"only jobs that this worker holds or held last"`
}

func (s *Server) listJobs(ctx context.Context, _ *call, in jobFilter) (out wire.Jobs, err error) {
	jobs, next, err := s.Dispatch.List(ctx, job.Filter{
		Status: job.Status(in.Status), ContentType: in.ContentType, WorkerID: in.WorkerID, Prefix: in.IDPrefix,
		Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return out, err
	}
	out = wire.Jobs{Jobs: make([]json.RawMessage, len(jobs)), NextCursor: wire.Text(next)}
	for i, j := range jobs {
		if out.Jobs[i], err = json.Marshal(j); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (s *Server) showJob(ctx context.Context, _ *call, in jobPath) (*job.Job, error) {
	j, err := s.Dispatch.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	j.ResultData, err = s.Dispatch.ResultData(ctx, j.ID)
	return j, err
}

func (s *Server) jobStatus(ctx context.Context, c *call, in jobPath) (out wire.JobStatus, err error) {
	j, err := s.Dispatch.Get(ctx, in.ID)
	if err != nil {
		return out, err
	}
	whole, err := s.seesJob(ctx, c.caller, j)
	if err != nil {
		return out, err
	}
	out = s.statusOf(j)
	if j.Status == job.Completed && whole {
		out.ResultData, err = s.Dispatch.ResultData(ctx, j.ID)
	}
	return out, err
}

// seesJob tells whether the caller may see the result of a job, too: a client that of its
// own tasks, a worker that of what it has claimed. [job.ErrNotFound] when the job is none
// of the caller's business: for a worker, when its workers do not convert the type.
func (s *Server) seesJob(ctx context.Context, caller auth.Caller, j *job.Job) (whole bool, err error) {
	switch {
	case caller.Keyless() || caller.All:
		return true, nil
	case caller.Role == auth.Worker:
		if j.ClaimedBy == caller.Name {
			return true, nil
		}
		if polls, err := s.Dispatch.Polls(ctx, caller.Name, j.ContentType); err != nil || polls {
			return false, err
		}
	default:
		_, err := s.Ingest.Status(ctx, caller.Scope(), j.IngestionTaskID)
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, task.ErrNotFound) {
			return false, err
		}
	}
	return false, job.ErrNotFound
}

func (s *Server) statusOf(j *job.Job) wire.JobStatus {
	progress := j.Progress
	if j.Status == job.Completed {
		progress = 1
	}
	return wire.JobStatus{
		JobID: j.ID, Status: string(j.Status), WorkerID: wire.Text(j.WorkerID),
		CreatedAt: wire.At(j.CreatedAt), StartedAt: wire.At(j.StartedAt), CompletedAt: wire.At(j.CompletedAt),
		ErrorMessage: wire.Text(j.ErrorMessage), RetryCount: j.RetryCount,
		EstimatedCompletion: wire.At(s.Dispatch.EstimatedCompletion(j)),
		Progress:            progress, ProgressMessage: wire.Text(j.ProgressMessage), Attempt: j.Attempt,
		TimeoutAt: wire.At(j.TimeoutAt), AvailableAt: wire.At(j.AvailableAt),
	}
}

type heartbeat struct {
	jobPath
	Body wire.Heartbeat `body:""`
}

func (in heartbeat) check() error {
	if err := in.jobPath.check(); err != nil {
		return err
	}
	if in.Body.WorkerID == "" {
		return invalid("worker_id is missing")
	}
	if p := in.Body.Progress; p != nil && (*p < 0 || *p > 1) {
		return invalid("progress must be from 0 to 1")
	}
	return nil
}

func (s *Server) heartbeat(ctx context.Context, c *call, q heartbeat) (out wire.HeartbeatAnswer, err error) {
	in := q.Body
	j, cancel, err := s.Dispatch.Heartbeat(ctx, q.ID, job.Beat{Key: c.caller.Name, WorkerID: in.WorkerID, Attempt: in.Attempt, Progress: in.Progress, Message: in.Message})
	if err != nil {
		return out, err
	}
	out = wire.HeartbeatAnswer{Status: string(j.Status), Cancel: cancel, LeaseExpiresAt: wire.At(j.LeaseExpiresAt)}
	if !j.LeaseExpiresAt.IsZero() {
		out.LeaseSeconds = &j.LeaseSeconds
	}
	return out, nil
}
