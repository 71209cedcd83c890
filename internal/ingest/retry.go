package ingest

import (
	"context"
	"errors"
	"strings"
	"time"

	"morag/internal/auth"
	"morag/internal/blob"
	"morag/internal/task"
)

// ErrSourceGone: the task's source is not kept any more.
var ErrSourceGone = errors.New("the task's source is gone")

// Retry runs a failed task of the scope once more, at once. What was converted, here or remotely,
// is not converted again. [task.ErrNotFound], [task.ErrConflict] for a task that did not fail,
// [ErrSourceGone].
func (s *Service) Retry(ctx context.Context, by auth.Scope, id string) (View, error) {
	if _, err := s.changeable(ctx, by, id); err != nil {
		return View{}, err
	}
	return s.retry(ctx, id)
}

func (s *Service) retry(ctx context.Context, id string) (View, error) {
	t, err := s.tasks.Get(ctx, id)
	if err != nil {
		return View{}, err
	}
	if t.Status == task.Failure && t.ConvertedRef == "" && strings.HasPrefix(t.Source.Ref, blob.Scheme) {
		if _, err := s.blobs.Stat(ctx, t.Source.Ref); errors.Is(err, blob.ErrNotFound) {
			return View{}, ErrSourceGone
		}
	}
	if t.Status == task.Failure {
		if err := s.retryItems(ctx, t); err != nil {
			return View{}, err
		}
	}
	var converted *task.Remote
	if s.hasResult(ctx, t) {
		converted = t.Remote
	} else if err := s.remote.CallOff(ctx, t, "its task is tried again without it"); err != nil {
		return View{}, err
	}
	t, err = s.tasks.Update(ctx, id, func(t *task.Task, now time.Time) error {
		if err := t.Reopen(false, now, now); err != nil {
			return err
		}
		t.Remote = converted
		return nil
	})
	if err != nil {
		return View{}, err
	}
	s.metrics.TaskRetried(t.Source.ContentType, "asked")
	s.observe(t, nil)
	return s.view(ctx, t), nil
}
