package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"time"

	"morag/internal/auth"
	"morag/internal/ingest"
	"morag/internal/job"
	"morag/internal/remote"
	"morag/internal/task"
	"morag/internal/wire"
)

func (s *Server) createJob(w http.ResponseWriter, r *http.Request) error {
	var in wire.JobCreate
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	spec := job.Spec{
		SourceFilePath: in.SourceFilePath, ContentType: in.ContentType, IngestionTaskID: in.IngestionTaskID,
		CreatedBy: callerOf(r).Name, MaxRetries: in.MaxRetries,
	}
	if string(in.TaskOptions) != "null" {
		spec.TaskOptions = in.TaskOptions
	}
	if in.TimeoutSeconds != nil {
		if *in.TimeoutSeconds < 1 || *in.TimeoutSeconds > int(365*24*time.Hour/time.Second) {
			return invalid("timeout_seconds must be at least 1 and at most a week")
		}
		spec.Timeout = time.Duration(*in.TimeoutSeconds) * time.Second
	}
	if in.Priority != nil {
		spec.Priority = *in.Priority
	}
	id, err := idempotencyID(r)
	if err != nil {
		return err
	}
	spec.ID = id
	if first, err := s.earlierJob(r.Context(), spec); first != nil || err != nil {
		return s.jobCreated(w, r, first, err)
	}
	j, err := s.Remote.Create(r.Context(), spec)
	if errors.Is(err, remote.ErrTask) {
		return problem(http.StatusConflict, "ingestion_task_id %s is a task already", in.IngestionTaskID)
	}
	if errors.Is(err, job.ErrExists) {
		j, err = s.earlierJob(r.Context(), spec)
	}
	return s.jobCreated(w, r, j, err)
}

func (s *Server) jobCreated(w http.ResponseWriter, r *http.Request, j *job.Job, err error) error {
	if err != nil {
		return err
	}
	note(r, "job_id", j.ID, "task_id", j.IngestionTaskID)
	return writeJSON(w, http.StatusOK, wire.JobCreated{JobID: j.ID, Status: string(job.Pending), CreatedAt: j.CreatedAt})
}

// earlierJob answers the job that the same request made before, nil when there is
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
	same := j.SourceFilePath == spec.SourceFilePath && j.IngestionTaskID == spec.IngestionTaskID && j.Priority == spec.Priority &&
		(spec.Timeout == 0 || j.Timeout() == spec.Timeout) && (spec.MaxRetries == nil || j.MaxRetries == *spec.MaxRetries) &&
		(len(spec.TaskOptions) == 0 || sameJSON(j.TaskOptions, spec.TaskOptions))
	if !same {
		return nil, ingest.ErrReused
	}
	return j, nil
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

func (s *Server) listJobs(w http.ResponseWriter, r *http.Request) error {
	n, err := limit(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	f := job.Filter{Status: job.Status(q.Get("status")), ContentType: q.Get("content_type"), WorkerID: q.Get("worker_id"), Limit: n, Cursor: q.Get("cursor")}
	if f.Status != "" && !slices.Contains(job.Statuses(), f.Status) {
		return invalid("status must be one of %v", job.Statuses())
	}
	jobs, next, err := s.Dispatch.List(r.Context(), f)
	if err != nil {
		return err
	}
	page := wire.Jobs{Jobs: make([]json.RawMessage, len(jobs)), NextCursor: wire.Text(next)}
	for i, j := range jobs {
		if page.Jobs[i], err = json.Marshal(j); err != nil {
			return err
		}
	}
	return writeJSON(w, http.StatusOK, page)
}

// getJob finds the job that the path names.
func (s *Server) getJob(r *http.Request) (*job.Job, error) {
	id := r.PathValue("id")
	if !job.ValidID(id) {
		return nil, job.ErrNotFound
	}
	return s.Dispatch.Get(r.Context(), id)
}

func (s *Server) showJob(w http.ResponseWriter, r *http.Request) error {
	j, err := s.getJob(r)
	if err != nil {
		return err
	}
	if j.ResultData, err = s.Dispatch.ResultData(r.Context(), j.ID); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, j)
}

func (s *Server) jobStatus(w http.ResponseWriter, r *http.Request) error {
	j, err := s.getJob(r)
	if err != nil {
		return err
	}
	whole, err := s.seesJob(r, j)
	if err != nil {
		return err
	}
	out := s.statusOf(j)
	if j.Status == job.Completed && whole {
		if out.ResultData, err = s.Dispatch.ResultData(r.Context(), j.ID); err != nil {
			return err
		}
	}
	return writeJSON(w, http.StatusOK, out)
}

// seesJob tells whether the caller may see the result of a job, too: a client that of its
// own tasks, a worker that of what it has claimed. [job.ErrNotFound] when the job is none
// of the caller's business: for a worker, when its workers do not convert the type.
func (s *Server) seesJob(r *http.Request, j *job.Job) (whole bool, err error) {
	caller := callerOf(r)
	switch {
	case caller.Keyless() || caller.All:
		return true, nil
	case caller.Role == auth.Worker:
		if whole = j.ClaimedBy == caller.Name; whole || s.Dispatch.Polls(caller.Name, j.ContentType) {
			return whole, nil
		}
	default:
		_, err := s.Ingest.Status(r.Context(), caller.Scope(), j.IngestionTaskID)
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

func (s *Server) heartbeat(w http.ResponseWriter, r *http.Request) error {
	var in wire.Heartbeat
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	id := r.PathValue("id")
	if !job.ValidID(id) {
		return job.ErrNotFound
	}
	if in.WorkerID == "" {
		return invalid("worker_id is missing")
	}
	if in.Progress != nil && (*in.Progress < 0 || *in.Progress > 1) {
		return invalid("progress must be from 0 to 1")
	}
	j, cancel, err := s.Dispatch.Heartbeat(r.Context(), id, job.Beat{Key: callerOf(r).Name, WorkerID: in.WorkerID, Attempt: in.Attempt, Progress: in.Progress, Message: in.Message})
	if err != nil {
		return err
	}
	out := wire.HeartbeatAnswer{Status: string(j.Status), Cancel: cancel, LeaseExpiresAt: wire.At(j.LeaseExpiresAt)}
	if !j.LeaseExpiresAt.IsZero() {
		out.LeaseSeconds = &j.LeaseSeconds
	}
	return writeJSON(w, http.StatusOK, out)
}
