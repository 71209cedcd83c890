package remote

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"morag/internal/job"
	"morag/internal/task"
)

// ErrNoResult: the result of a task's job is not kept any more.
var ErrNoResult = errors.New("the result of the remote job is gone")

// ErrUnreadable: what is kept as the result of a task's job is none.
var ErrUnreadable = errors.New("the result of the remote job cannot be read")

// JobResult is what a worker has sent.
type JobResult = job.Result

// Result returns what the worker made of a task's source. [ErrNoResult],
// [ErrUnreadable].
func (s *Service) Result(ctx context.Context, t *task.Task) (*JobResult, error) {
	if t.Remote == nil || !t.Remote.Done {
		return nil, ErrNoResult
	}
	return s.result(ctx, t.Remote.JobID)
}

func (s *Service) result(ctx context.Context, jobID string) (*JobResult, error) {
	raw, err := s.jobs.ResultData(ctx, jobID)
	if errors.Is(err, job.ErrNotFound) || err == nil && raw == nil {
		return nil, ErrNoResult
	}
	if err != nil {
		return nil, err
	}
	var result job.Result
	if err := json.Unmarshal(raw, &result); err != nil {
		return nil, ErrUnreadable
	}
	return &result, nil
}

// Progress is how far a worker is with the job of a waiting task.
type Progress struct {
	Done      float64 // 0–1
	Message   string
	Remaining time.Duration // expected
}

// Progress returns how far a worker is with the only job of t, and which try that is; ok is false while none
// converts it and none has tried.
func (s *Service) Progress(ctx context.Context, t *task.Task) (p Progress, ok bool) {
	if t.Remote == nil {
		return p, false
	}
	j, err := s.jobs.Get(ctx, t.Remote.JobID)
	switch {
	case err != nil || j.Status.Terminal():
		return p, false
	case j.Status == job.Pending:
		p.Message = tries(j)
		return p, p.Message != ""
	}
	p = Progress{Done: j.Progress, Message: "a worker converts it"}
	switch {
	case j.ProgressMessage != "":
		p.Message = j.ProgressMessage
	case j.Progress == 0 && !j.ConfirmedAt.IsZero() && j.ConfirmedAt.Before(s.began):
		// Stores may keep progress in memory.
		p.Message += "; how far it was is not known since the server began anew"
	}
	if before := tries(j); before != "" {
		p.Message += "; " + before
	}
	p.Remaining = s.jobs.Estimate(j.ContentType, j.SourceSize) - s.now().Sub(j.StartedAt)
	return p, true
}

// Estimate is how long a remote conversion is expected to take; ok is false when there
// are none.
func (s *Service) Estimate(contentType string, size int64) (took time.Duration, ok bool) {
	if !s.policy.Enabled {
		return 0, false
	}
	return s.jobs.Estimate(contentType, size), true
}

// Needed tells which of these jobs, which are over, are still needed: their task has not
// ended, or their text is yet to be taken in. An end that nobody has heard is told first.
func (s *Service) Needed(ctx context.Context, jobs []*job.Job) (needed map[string]bool, err error) {
	phases, err := s.phases(ctx, jobs)
	if err != nil {
		return nil, err
	}
	needed = make(map[string]bool, len(phases))
	var told []*job.Job
	for _, j := range jobs {
		phase, there := phases[j.IngestionTaskID]
		needed[j.ID] = there && phase != task.Ended
		if there || !unheard(j.Status, phase, there) {
			continue
		}
		if err := s.tellEnded(ctx, j.ID); err != nil {
			s.log.Error("take in the text of a job before it is removed", "job_id", j.ID, "task_id", j.IngestionTaskID, "err", err)
			needed[j.ID] = true
			continue
		}
		told = append(told, j)
	}
	if len(told) == 0 {
		return needed, nil
	}
	if phases, err = s.phases(ctx, told); err != nil {
		return nil, err
	}
	for _, j := range told {
		phase, there := phases[j.IngestionTaskID]
		needed[j.ID] = there && phase != task.Ended
	}
	return needed, nil
}

// phases returns the phases of the tasks that the jobs are for, of those that are there.
func (s *Service) phases(ctx context.Context, jobs []*job.Job) (map[string]task.Phase, error) {
	ids := make([]string, len(jobs))
	for i, j := range jobs {
		ids[i] = j.IngestionTaskID
	}
	return s.tasks.Phases(ctx, ids)
}
