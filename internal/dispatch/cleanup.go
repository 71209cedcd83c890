package dispatch

import (
	"context"
	"errors"
	"sync"
	"time"

	"morag/internal/job"
)

// Keeper tells which of the jobs, by id, are still needed although they are over. Of a
// job it is told what [job.Store.Over] returns.
type Keeper func(ctx context.Context, jobs []*job.Job) (needed map[string]bool, err error)

// cleanupPage is how many jobs a clean-up looks at together, and removals how many of
// them it removes at the same time, so that they share the disk's syncs.
const (
	cleanupPage = 500
	removals    = 64
)

// CleanPage removes the jobs of one page of those that have been over for longer than
// age, the oldest ends first, except those that keep says are still needed. It tells how
// many, and the cursor of the next page, "" at the end. Only records are removed: a
// source goes when nothing refers to it any more.
func (s *Service) CleanPage(ctx context.Context, age time.Duration, cursor string, keep Keeper) (removed int, next string, err error) {
	page, next, err := s.store.Over(ctx, age, cursor, cleanupPage)
	if err != nil {
		return 0, "", err
	}
	removed, err = s.removePage(ctx, page, keep)
	return removed, next, err
}

// removePage removes the jobs of a page that are not needed, and tells how many.
func (s *Service) removePage(ctx context.Context, page []*job.Job, keep Keeper) (int, error) {
	if len(page) == 0 {
		return 0, nil
	}
	needed, err := keep(ctx, page)
	if err != nil {
		return 0, err
	}
	var removing sync.WaitGroup
	room := make(chan struct{}, removals)
	errs, gone := make([]error, len(page)), make([]bool, len(page))
	for i, j := range page {
		if needed[j.ID] {
			continue
		}
		room <- struct{}{}
		removing.Go(func() {
			gone[i], errs[i] = s.remove(ctx, j)
			<-room
		})
	}
	removing.Wait()
	removed := 0
	for _, ok := range gone {
		if ok {
			removed++
		}
	}
	return removed, errors.Join(errs...)
}

// remove removes one job, unless somebody was faster: removed it, or retried it.
func (s *Service) remove(ctx context.Context, j *job.Job) (bool, error) {
	err := s.store.Delete(ctx, j.ID)
	if errors.Is(err, job.ErrNotFound) || errors.Is(err, job.ErrConflict) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	s.log.Info("job removed", "job_id", j.ID, "task_id", j.IngestionTaskID, "content_type", j.ContentType, "status", string(j.Status))
	return true, nil
}

// ExpireAll applies everything that is due now and counts the jobs that timed out.
func (s *Service) ExpireAll(ctx context.Context) (int, error) {
	expired := 0
	for {
		due, _, err := s.store.Due(ctx, dueBatch)
		if err != nil {
			return expired, err
		}
		changed := 0
		for _, d := range due {
			j, _, err := s.update(ctx, d.ID, job.Change{Event: d.Event})
			if err != nil {
				continue // a heartbeat or a result came first; the expiry loop logs the rest
			}
			changed++
			if j.Status == job.Timeout {
				expired++
			}
		}
		if changed == 0 || len(due) < dueBatch {
			return expired, nil
		}
	}
}
