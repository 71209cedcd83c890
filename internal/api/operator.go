package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"morag/internal/auth"
	"morag/internal/dispatch"
	"morag/internal/job"
	"morag/internal/wire"
)

// change serves the calls that change one job and answer its status.
func (s *Server) change(w http.ResponseWriter, r *http.Request, apply func(ctx context.Context, id string, in wire.JobChange) (*job.Job, error)) error {
	var in wire.JobChange
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	id := r.PathValue("id")
	if !job.ValidID(id) {
		return job.ErrNotFound
	}
	j, err := apply(r.Context(), id, in)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, s.statusOf(j))
}

// release gives a job back: by its holder, or by an operator, whoever holds it.
func (s *Server) release(w http.ResponseWriter, r *http.Request) error {
	key := callerOf(r).Name
	if callerOf(r).Role == auth.Admin {
		key = ""
	}
	return s.change(w, r, func(ctx context.Context, id string, in wire.JobChange) (*job.Job, error) {
		return s.Dispatch.Release(ctx, id, dispatch.Holder{Key: key, WorkerID: in.WorkerID, Attempt: in.Attempt})
	})
}

func (s *Server) cancelJob(w http.ResponseWriter, r *http.Request) error {
	return s.change(w, r, func(ctx context.Context, id string, in wire.JobChange) (*job.Job, error) {
		return s.Dispatch.Cancel(ctx, id, in.Reason)
	})
}

func (s *Server) retryJob(w http.ResponseWriter, r *http.Request) error {
	return s.change(w, r, func(ctx context.Context, id string, _ wire.JobChange) (*job.Job, error) {
		return retried(s.Remote.Retry(ctx, id))
	})
}

func (s *Server) reassignJob(w http.ResponseWriter, r *http.Request) error {
	return s.change(w, r, func(ctx context.Context, id string, in wire.JobChange) (*job.Job, error) {
		if in.WorkerID != "" {
			if err := checkWorkerID(in.WorkerID); err != nil {
				return nil, err
			}
		}
		return retried(s.Remote.Reassign(ctx, id, in.WorkerID))
	})
}

// retried says why a job cannot be tried again in the words of that request.
func retried(j *job.Job, err error) (*job.Job, error) {
	if errors.Is(err, dispatch.ErrSourceGone) {
		return nil, problem(http.StatusConflict, "the job's source is gone or has changed")
	}
	return j, err
}

func (s *Server) jobStatistics(w http.ResponseWriter, r *http.Request) error {
	stats, err := s.Dispatch.Statistics(r.Context())
	if err != nil {
		return err
	}
	out := wire.JobStatistics{
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
	return writeJSON(w, http.StatusOK, out)
}

// maxDaysOld is the oldest that a clean-up can be asked for.
const maxDaysOld = 36500

func (s *Server) cleanupJobs(w http.ResponseWriter, r *http.Request) error {
	in := struct {
		DaysOld *float64 `json:"days_old"`
	}{}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	old := 7.0
	if text := r.URL.Query().Get("days_old"); text != "" {
		var err error
		if old, err = strconv.ParseFloat(text, 64); err != nil {
			old = math.NaN()
		}
	}
	if in.DaysOld != nil {
		old = *in.DaysOld
	}
	// Never brought to the nearest: that may remove what was to be kept.
	if old != math.Trunc(old) || old < 0 || old > maxDaysOld {
		return invalid("days_old must be a whole number from 0 to %d", maxDaysOld)
	}
	days := int(old)
	done, err := s.Maintenance.Clean(r.Context(), time.Duration(days)*24*time.Hour)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, wire.Cleaned{ExpiredJobs: done.Jobs.Expired, CleanedJobs: done.Jobs.Removed, DaysOld: days})
}

func (s *Server) cleanupAll(w http.ResponseWriter, r *http.Request) error {
	done, err := s.Maintenance.Clean(r.Context(), s.Maintenance.Retention)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, wire.Maintained{ExpiredJobs: done.Jobs.Expired, CleanedJobs: done.Jobs.Removed, OrphanedFiles: done.Files})
}

func (s *Server) listWorkers(w http.ResponseWriter, _ *http.Request) error {
	workers := s.Dispatch.Workers()
	page := wire.Workers{Workers: make([]wire.Worker, len(workers))}
	for i, x := range workers {
		page.Workers[i] = workerOf(x)
	}
	return writeJSON(w, http.StatusOK, page)
}

func workerOf(x dispatch.Worker) wire.Worker {
	out := wire.Worker{
		WorkerID: x.ID, ContentTypes: x.Types, LastSeen: wire.At(x.LastSeen), Version: x.Version, InHand: x.InHand,
		Done: x.Done, Failed: x.Failed, Drained: x.Drained, SetAside: wire.At(x.SetAside),
	}
	if out.ContentTypes == nil {
		out.ContentTypes = []string{}
	}
	return out
}

func (s *Server) drainWorker(w http.ResponseWriter, r *http.Request) error {
	return s.changeWorker(w, r, s.Dispatch.Drain)
}

func (s *Server) resumeWorker(w http.ResponseWriter, r *http.Request) error {
	return s.changeWorker(w, r, s.Dispatch.Resume)
}

func (s *Server) changeWorker(w http.ResponseWriter, r *http.Request, change func(id string) error) error {
	id := r.PathValue("id")
	if err := change(id); err != nil {
		return err
	}
	for _, x := range s.Dispatch.Workers() {
		if x.ID == id {
			return writeJSON(w, http.StatusOK, workerOf(x))
		}
	}
	return dispatch.ErrNoWorker
}
