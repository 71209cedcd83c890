package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"time"

	"morag/internal/auth"
	"morag/internal/dispatch"
	"morag/internal/fleet"
	"morag/internal/job"
	"morag/internal/wire"
)

// jobChange is what the calls take that change one job and return its status.
type jobChange struct {
	jobPath
	Body wire.JobChange `body:""`
}

// changed is the answer to such a call.
func (s *Server) changed(j *job.Job, err error) (out wire.JobStatus, _ error) {
	if err != nil {
		return out, err
	}
	return s.statusOf(j), nil
}

// release requeues a job: for its holder, or for an operator, whoever holds it.
func (s *Server) release(ctx context.Context, c *call, in jobChange) (wire.JobStatus, error) {
	key := c.caller.Name
	if c.caller.Role == auth.Admin {
		key = ""
	}
	return s.changed(s.Dispatch.Release(ctx, in.ID, dispatch.Holder{Key: key, WorkerID: in.Body.WorkerID, Attempt: in.Body.Attempt}))
}

func (s *Server) cancelJob(ctx context.Context, _ *call, in jobChange) (wire.JobStatus, error) {
	return s.changed(s.Dispatch.Cancel(ctx, in.ID, in.Body.Reason))
}

func (s *Server) retryJob(ctx context.Context, _ *call, in jobChange) (wire.JobStatus, error) {
	return s.changed(retried(s.Remote.Retry(ctx, in.ID)))
}

func (s *Server) reassignJob(ctx context.Context, _ *call, in jobChange) (out wire.JobStatus, err error) {
	if in.Body.WorkerID != "" {
		if err := checkWorkerID(in.Body.WorkerID); err != nil {
			return out, err
		}
	}
	return s.changed(retried(s.Remote.Reassign(ctx, in.ID, in.Body.WorkerID)))
}

// retried says why a job cannot be tried again in the words of that request.
func retried(j *job.Job, err error) (*job.Job, error) {
	if errors.Is(err, dispatch.ErrSourceGone) {
		return nil, problem(http.StatusConflict, "the job's source is gone or has changed")
	}
	return j, err
}

func (s *Server) jobStatistics(ctx context.Context, _ *call, _ none) (out wire.JobStatistics, err error) {
	stats, err := s.Dispatch.Statistics(ctx)
	if err != nil {
		return out, err
	}
	out = wire.JobStatistics{
		StatusCounts: map[string]int{}, ContentTypeCounts: stats.Type, StorageSizeMB: float64(stats.Bytes) / (1 << 20),
		AvgProcessingTimes: stats.AverageSeconds, RecentJobs24h: stats.Created24h, Timestamp: wire.At(stats.At), Queues: map[string]wire.Queue{},
	}
	for _, status := range job.Statuses() {
		out.StatusCounts[string(status)] = stats.Status[status]
		out.TotalJobs += stats.Status[status]
	}
	for contentType, waiting := range stats.Waiting {
		q := wire.Queue{Pending: waiting.Count}
		if !waiting.Oldest.IsZero() {
			q.OldestSeconds = stats.At.Sub(waiting.Oldest).Seconds()
		}
		out.Queues[contentType] = q
	}
	for contentType, rate := range stats.Rates {
		q := out.Queues[contentType]
		q.CompletedLastHour, q.FailedLastHour = rate.Completed, rate.Failed
		q.FailureRate = float64(rate.Failed) / float64(max(rate.Completed+rate.Failed, 1))
		out.Queues[contentType] = q
	}
	return out, nil
}

// maxDaysOld is the oldest that a clean-up can be asked for.
const maxDaysOld = 36500

type jobCleanup struct {
	DaysOld int `query:"days_old" default:"7" min:"0" max:"36500" exact:"" doc:"how many days ago a job must have ended to be removed"`
	Body    struct {
		DaysOld *float64 `json:"days_old"`
	} `body:""`
}

func (in jobCleanup) check() error {
	// Never brought to the nearest: that may remove what was to be kept.
	if old := in.Body.DaysOld; old != nil && (*old != math.Trunc(*old) || *old < 0 || *old > maxDaysOld) {
		return invalid("days_old must be a whole number from 0 to %d", maxDaysOld)
	}
	return nil
}

func (s *Server) cleanupJobs(ctx context.Context, _ *call, in jobCleanup) (out wire.Cleaned, err error) {
	days := in.DaysOld
	if in.Body.DaysOld != nil {
		days = int(*in.Body.DaysOld)
	}
	done, err := s.Maintenance.Clean(ctx, time.Duration(days)*24*time.Hour)
	if err != nil {
		return out, err
	}
	return wire.Cleaned{ExpiredJobs: done.Expired, CleanedJobs: done.Removed, DaysOld: days, More: done.More}, nil
}

func (s *Server) cleanupAll(ctx context.Context, _ *call, _ none) (out wire.Maintained, err error) {
	done, err := s.Maintenance.Clean(ctx, -1)
	if err != nil {
		return out, err
	}
	return wire.Maintained{ExpiredJobs: done.Expired, CleanedJobs: done.Removed, OrphanedFiles: done.Files, More: done.More}, nil
}

func (s *Server) listWorkers(ctx context.Context, _ *call, in page) (wire.Workers, error) {
	workers, next, err := s.Dispatch.Workers(ctx, fleet.Page{Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return wire.Workers{}, err
	}
	out := wire.Workers{Workers: make([]wire.Worker, len(workers)), NextCursor: wire.Text(next)}
	for i, x := range workers {
		out.Workers[i] = workerOf(x)
	}
	return out, nil
}

func workerOf(x dispatch.Worker) wire.Worker {
	out := wire.Worker{
		WorkerID: x.ID, ContentTypes: x.Types, LastSeen: wire.At(x.LastSeen), Version: x.Version, InHand: x.InHand,
		Done: x.Done, Failed: x.Failed, Drained: x.Drained, Revoked: x.Revoked, SetAside: wire.At(x.SetAside),
	}
	if out.ContentTypes == nil {
		out.ContentTypes = []string{}
	}
	if out.InHand == nil {
		out.InHand = []string{}
	}
	return out
}

type workerPath struct {
	ID string `path:"id" doc:"the worker's id"`
}

func (s *Server) drainWorker(ctx context.Context, _ *call, in workerPath) (wire.Worker, error) {
	return s.changeWorker(ctx, in.ID, s.Dispatch.Drain)
}

func (s *Server) resumeWorker(ctx context.Context, _ *call, in workerPath) (wire.Worker, error) {
	return s.changeWorker(ctx, in.ID, s.Dispatch.Resume)
}

func (s *Server) changeWorker(ctx context.Context, id string, change func(ctx context.Context, id string) error) (wire.Worker, error) {
	if err := change(ctx, id); err != nil {
		return wire.Worker{}, err
	}
	w, err := s.Dispatch.Worker(ctx, id)
	if err != nil {
		return wire.Worker{}, err
	}
	return workerOf(w), nil
}
