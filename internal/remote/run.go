package remote

import (
	"context"
	"errors"
	"slices"
	"time"

	"morag/internal/task"
)

// Pages of one look: a few small reads, however many tasks wait.
const (
	waitPage    = 200
	orphansPage = 100
)

// Run looks after the tasks that wait for remote jobs, and after the jobs that they have
// left behind, until ctx ends. Any number of servers may do so beside each other: what is
// done is decided by the stores, once.
func (s *Service) Run(ctx context.Context) {
	// A tenth of the wait for a worker is exact enough for it.
	every := min(max(s.policy.FallbackTimeout/10, 200*time.Millisecond), 15*time.Second)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for cursor := ""; ; {
		var err error
		if cursor, err = s.reconcileAll(ctx, cursor); err != nil && ctx.Err() == nil {
			s.log.Error("look after tasks that wait for remote jobs", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// reconcileAll asks for what may have to be done: tasks that are late, those that no worker
// comes for, jobs that outlived their tasks. One page of all that wait is looked at in
// turn, for an end that nobody was told of and a job that is not there. It returns where
// that page ends.
func (s *Service) reconcileAll(ctx context.Context, cursor string) (next string, err error) {
	late := s.lookAll(ctx, task.Wait{Late: true, Limit: waitPage})
	alone := s.lookAlone(ctx)
	next, turn := s.lookPage(ctx, task.Wait{Limit: waitPage, Cursor: cursor})
	return next, errors.Join(late, alone, turn, s.endOrphans(ctx))
}

// lookAlone looks at the tasks of the types that no worker is there for.
func (s *Service) lookAlone(ctx context.Context) error {
	var errs []error
	for _, contentType := range slices.Compact(slices.Sorted(slices.Values(s.policy.Types))) {
		there, err := s.jobs.Available(ctx, contentType, s.policy.FallbackTimeout)
		errs = append(errs, err)
		if err == nil && !there {
			errs = append(errs, s.lookAll(ctx, task.Wait{FallBack: contentType, Limit: waitPage}))
		}
	}
	return errors.Join(errs...)
}

// lookAll looks at all pages of w.
func (s *Service) lookAll(ctx context.Context, w task.Wait) error {
	var errs []error
	for {
		next, err := s.lookPage(ctx, w)
		if err != nil {
			errs = append(errs, err)
		}
		if w.Cursor = next; next == "" || ctx.Err() != nil {
			return errors.Join(errs...)
		}
	}
}

// lookPage looks at the tasks of one page and returns where the next begins. What fails
// for one does not keep the others waiting.
func (s *Service) lookPage(ctx context.Context, w task.Wait) (next string, err error) {
	waiting, next, err := s.tasks.WaitingForJobs(ctx, w)
	if err != nil {
		return "", err
	}
	var errs []error
	for _, t := range waiting {
		if w.FallBack != "" && s.young(t) {
			continue
		}
		if err := s.reconcile(ctx, t); err != nil {
			errs = append(errs, err)
		}
	}
	return next, errors.Join(errs...)
}

// young tells whether t has not waited long enough for anybody to have been missed, so
// that its job need not be read.
func (s *Service) young(t *task.Task) bool {
	waited := s.now().Sub(t.Remote.Since)
	return waited >= 0 && waited < s.policy.FallbackTimeout
}
