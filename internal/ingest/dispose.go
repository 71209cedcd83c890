package ingest

import (
	"context"

	"morag/internal/blob"
	"morag/internal/task"
)

// dispose removes the files of a task that ended without success. A failure keeps
// its source for another try, unless the source itself was to blame, or its caller has been told.
func (s *Service) dispose(ctx context.Context, t *task.Task, badSource bool) {
	s.clear(ctx, t, t.Status == task.Failure && !badSource && t.Waiter == "")
}

// clear removes the files of an ended task: the converted text and the pieces always, the
// source unless it is kept.
func (s *Service) clear(ctx context.Context, t *task.Task, keepSource bool) {
	if t.Status != task.Failure || !keepSource {
		s.remove(ctx, t.ConvertedRef)
	}
	s.removeAll(ctx, pieces(t))
	if keepSource {
		return
	}
	if t.Status == task.Failure { // it would use its source until it can be retried no more
		if err := s.references.Refer(ctx, taskUser(t.ID), 0); err != nil {
			s.log.Warn("file not let go", "task_id", t.ID, "err", err)
		}
	}
	s.remove(ctx, t.Source.Ref)
}

// remove deletes a blob that nobody uses. What is left by a failure or a crash is found
// again as unused; a path of the operator's is never touched.
func (s *Service) remove(ctx context.Context, ref string) {
	if !blob.Is(ref) {
		return
	}
	if err := s.blobs.Delete(ctx, ref); err != nil {
		s.log.Warn("file not removed", "err", err)
	}
}
