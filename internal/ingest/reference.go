package ingest

import (
	"context"
	"slices"
	"time"

	"morag/internal/blob"
	"morag/internal/document"
	"morag/internal/task"
)

// taskUser is who uses a task's blobs, as references know it.
func taskUser(id string) string { return "task:" + id }

// Referring is a [task.Store] whose every change says, in its own transaction, which
// blobs the task uses: its source and its converted text while it is under way, and
// after a failure for as long as it may be retried; its text for a while after its end when
// a caller waits for that.
type Referring struct {
	task.Store
	DB         Transactor
	References blob.References
	Retention  time.Duration // of failures
}

// uses are the blobs of a task.
type uses struct {
	refs    []string
	lasting time.Duration // 0 for good
}

func (u uses) are(other uses) bool {
	return u.lasting == other.lasting && slices.Equal(u.refs, other.refs)
}

func (s *Referring) uses(t *task.Task) uses {
	var refs []string
	for _, ref := range []string{t.Source.Ref, t.ConvertedRef} {
		if ref != "" {
			refs = append(refs, ref)
		}
	}
	switch {
	case t.Status == task.Failure:
		return uses{refs, s.Retention}
	case t.Status == task.Success && t.Waiter != "":
		return uses{[]string{t.ConvertedRef}, answerKept}
	case t.Phase == task.Ended:
		return uses{}
	}
	return uses{append(refs, pieces(t)...), 0}
}

// pieces are the blobs of a task's parts, which it uses until their texts are put together.
func pieces(t *task.Task) []string {
	if t.ConvertedRef != "" {
		return nil
	}
	return t.Plan().Refs()
}

func (s *Referring) refer(ctx context.Context, id string, u uses) error {
	return s.References.Refer(ctx, taskUser(id), u.lasting, u.refs...)
}

// Create implements [task.Store].
func (s *Referring) Create(ctx context.Context, t *task.Task) error {
	u := s.uses(t)
	if len(u.refs) == 0 {
		return s.Store.Create(ctx, t)
	}
	return s.DB.Write(ctx, func(ctx context.Context) error {
		if err := s.Store.Create(ctx, t); err != nil {
			return err
		}
		return s.refer(ctx, t.ID, u)
	})
}

// Update implements [task.Store].
func (s *Referring) Update(ctx context.Context, id string, rule func(*task.Task, time.Time) error) (t *task.Task, err error) {
	err = s.DB.Write(ctx, func(ctx context.Context) error {
		var before uses
		t, err = s.Store.Update(ctx, id, func(t *task.Task, now time.Time) error {
			before = s.uses(t)
			return rule(t, now)
		})
		if err != nil || s.uses(t).are(before) {
			return err
		}
		return s.refer(ctx, id, s.uses(t))
	})
	return t, err
}

// adopted is no blob: its use says that an earlier program's tasks and documents are
// known to use theirs.
const adopted = blob.Scheme + "adopted"

// Adopt tells references, once, of the blobs that tasks and documents use which an
// earlier program has stored, one that kept no references.
func (s *Referring) Adopt(ctx context.Context, documents *document.Referring, now time.Time) error {
	if done, err := s.References.Used(ctx, adopted); err != nil || done {
		return err
	}
	for cursor := ""; ; {
		tasks, next, err := s.List(ctx, task.Filter{Status: []task.Status{task.Pending, task.Progress, task.Failure}, Limit: 1000, Cursor: cursor})
		if err != nil {
			return err
		}
		if err := s.adoptTasks(ctx, tasks, now); err != nil {
			return err
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	for cursor := ""; ; {
		all, next, err := documents.List(ctx, document.Filter{AllOwners: true, Limit: 1000, Cursor: cursor})
		if err != nil {
			return err
		}
		err = s.DB.Write(ctx, func(ctx context.Context) error {
			for _, d := range all {
				if err := documents.Refer(ctx, d); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if cursor = next; cursor == "" {
			return s.References.Refer(ctx, "earlier program", 0, adopted)
		}
	}
}

func (s *Referring) adoptTasks(ctx context.Context, tasks []*task.Task, now time.Time) error {
	return s.DB.Write(ctx, func(ctx context.Context) error {
		for _, t := range tasks {
			u := s.uses(t)
			if t.Status == task.Failure {
				if u.lasting -= now.Sub(t.CompletedAt); u.lasting <= 0 {
					continue // nobody is going to retry it
				}
			}
			if err := s.refer(ctx, t.ID, u); err != nil {
				return err
			}
		}
		return nil
	})
}
