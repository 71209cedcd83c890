package dispatch

import (
	"context"
	"encoding/json"
	"errors"

	"morag/internal/job"
)

// Result is what a worker says became of a job.
type Result struct {
	Key      string // of the worker, "" without keys
	WorkerID string // "" when it does not say
	Attempt  int    // 0 when it does not say
	Digest   string // SHA-256 of the result as it was sent, hex
	Success  bool
	Data     json.RawMessage // a [job.Result], when it succeeded
	Message  string          // why not, when it failed
	Final    bool            // failed, and would fail again anywhere
}

// Result takes a result. The same result again gets the first answer. Errors are
// the store's: [job.ErrNotFound], [job.ErrWrongKey], [job.ErrLeaseLost], [job.ErrConflict];
// and [ErrWorkerTaken].
func (s *Service) Result(ctx context.Context, id string, r Result) (outcome job.Status, continued bool, err error) {
	if err := s.speaksFor(ctx, r.WorkerID, r.Key); err != nil {
		return "", false, err
	}
	c := job.Change{Event: job.Fail, Key: r.Key, WorkerID: r.WorkerID, Attempt: r.Attempt, Digest: r.Digest, Message: r.Message, Final: r.Final}
	if r.Success {
		c = job.Change{Event: job.Succeed, Key: r.Key, WorkerID: r.WorkerID, Attempt: r.Attempt, Digest: r.Digest, Result: r.Data}
	} else if c.Message == "" {
		c.Message = "the worker gave no reason"
	}
	j, continued, err := s.update(ctx, id, c)
	if errors.Is(err, job.ErrRepeated) {
		outcome = j.LastResult.Outcome
		return outcome, outcome == job.Completed && s.ended != nil && s.ended(ctx, j), nil
	}
	if err != nil {
		return "", false, err
	}
	s.sightings.see(r.Key, j.LastHolder(), nil, "")
	return j.LastResult.Outcome, continued, nil
}

// TooLarge ends the holder's attempt for good: its result is over the limit and
// would be again. Nothing happens when the caller does not hold the job.
func (s *Service) TooLarge(ctx context.Context, id string, by Holder, message string) {
	_, _, err := s.update(ctx, id, job.Change{Event: job.Abandon, Key: by.Key, WorkerID: by.WorkerID, Attempt: by.Attempt, Message: message})
	if err != nil && !errors.Is(err, job.ErrWrongKey) && !errors.Is(err, job.ErrConflict) && !errors.Is(err, job.ErrLeaseLost) && !errors.Is(err, job.ErrNotFound) {
		s.log.Warn("job not failed", "job_id", id, "err", err)
	}
}
