package remote

import (
	"context"
	"errors"
	"fmt"
	"time"

	"morag/internal/job"
	"morag/internal/task"
)

// tellPage is how many ends are looked at together, and tellAge how old they are at
// least: younger ones are being told by whoever brought them about. The cursor goes on
// over ends of settledAge: by then nothing that ended before them is still being written.
const (
	tellPage   = 500
	tellAge    = 5 * time.Second
	settledAge = time.Minute
)

// TellEnds tells again, of the jobs that ended from cursor on, those ends that nobody has
// heard: of a task that still waits, and of a client's own job whose text is not taken in
// yet, since the server died or its disk was full. It returns the cursor to go on from;
// more is false when there is nothing to be told beyond it for now. What cannot be told
// leaves the cursor where it was.
func (s *Service) TellEnds(ctx context.Context, cursor string) (next string, more bool, err error) {
	ended, _, err := s.jobs.Over(ctx, tellAge, cursor, tellPage)
	if err != nil {
		return cursor, false, fmt.Errorf("look for jobs that have ended: %w", err)
	}
	phases, err := s.phases(ctx, ended)
	if err != nil {
		return cursor, false, err
	}
	for _, j := range ended {
		phase, there := phases[j.IngestionTaskID]
		if unheard(j.Status, phase, there) {
			if err := s.tellEnded(ctx, j.ID); err != nil {
				return cursor, false, err
			}
		}
	}
	_, next, err = s.jobs.Over(ctx, settledAge, cursor, tellPage)
	if err != nil {
		return cursor, false, fmt.Errorf("look for jobs that ended long ago: %w", err)
	}
	if next == "" {
		return cursor, false, nil // the last page is looked at again when it has grown
	}
	return next, true, nil
}

// unheard tells whether the end of a job may not have been heard by its task, which is in
// that phase if it is there.
func unheard(status job.Status, phase task.Phase, there bool) bool {
	if there {
		return phase == task.Waiting
	}
	return status == job.Completed
}

func (s *Service) tellEnded(ctx context.Context, id string) error {
	j, err := s.jobs.Get(ctx, id)
	if errors.Is(err, job.ErrNotFound) {
		return nil // removed meanwhile
	}
	if err != nil {
		return err
	}
	if !j.Status.Terminal() {
		return nil // tried again
	}
	_, err = s.ended(ctx, j)
	return err
}
