package remote

import (
	"context"
	"fmt"

	"morag/internal/job"
	"morag/internal/part"
	"morag/internal/task"
)

// Takes tells whether sources of the type are converted remotely.
func (s *Service) Takes(contentType string) bool {
	return s.policy.Enabled && s.policy.takes(contentType)
}

// PartResult returns what a worker made of a part: when the part was tried again in another
// language for nothing, what it was before. [ErrNoResult], [ErrUnreadable].
func (s *Service) PartResult(ctx context.Context, p part.Part) (*JobResult, error) {
	switch {
	case p.Done():
		return s.result(ctx, p.JobID)
	case p.Former != "":
		return s.result(ctx, p.Former)
	}
	return nil, ErrNoResult
}

// Part is a part of a task with how far its job is.
type Part struct {
	part.Part
	Status   job.Status // of its job
	WorkerID string     // who has it, or had it last
	Progress float64    // 0–1
}

// Parts are those that t is converted in, nil when it is converted as a whole.
func (s *Service) Parts(ctx context.Context, t *task.Task) []Part {
	plan := t.Plan()
	if plan == nil {
		return nil
	}
	parts := make([]Part, len(plan.Parts))
	for i, p := range plan.Parts {
		if p.Over() {
			parts[i] = Part{Part: p, Status: job.Status(p.Ended), WorkerID: p.Worker, Progress: 1}
			continue
		}
		parts[i] = Part{Part: p, Status: job.Pending}
		if j, err := s.jobs.Get(ctx, p.JobID); err == nil { // else it is yet to be made
			parts[i].Status, parts[i].WorkerID, parts[i].Progress = j.Status, j.WorkerID, progressOf(j)
		}
	}
	return parts
}

// progressOf is how far a job is that its task does not know to be over.
func progressOf(j *job.Job) float64 {
	switch {
	case j.Status.Terminal():
		return 1
	case j.Status == job.Processing:
		return j.Progress
	}
	return 0
}

// Overall is how far the parts are together, each by how long it is.
func Overall(parts []Part) Progress {
	var all, done float64
	over, working := 0, 0
	for _, p := range parts {
		length := float64(p.Length())
		all += length
		done += length * p.Progress
		switch {
		case p.Status.Terminal():
			over++
		case p.Status == job.Processing:
			working++
		}
	}
	message := fmt.Sprintf("%d of %d parts converted, %d under way", over, len(parts), working)
	return Progress{Done: done / all, Message: message}
}
