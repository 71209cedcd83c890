package ingest

import (
	"context"
	"fmt"
	"time"

	"morag/internal/auth"
	"morag/internal/remote"
	"morag/internal/task"
	"morag/internal/wire"
)

// View is a task with what its row does not say.
type View struct {
	*task.Task
	Progress  float64
	Message   string
	Remaining time.Duration // expected, 0 when not known
	Items     *wire.Items   // of a batch
	Parts     []remote.Part // of what is converted in parts by workers
}

// owned returns a task of the scope; what lies outside is [task.ErrNotFound] like what
// is not there, and like an id that no task can have.
func (s *Service) owned(ctx context.Context, by auth.Scope, id string) (*task.Task, error) {
	if !task.ValidID(id) {
		return nil, task.ErrNotFound
	}
	t, err := s.tasks.Get(ctx, id)
	if err == nil && !by.Sees(t.Owner) {
		return nil, task.ErrNotFound
	}
	return t, err
}

// changeable returns a task that the caller may change. [auth.ErrOthers]; else like owned.
func (s *Service) changeable(ctx context.Context, by auth.Scope, id string) (*task.Task, error) {
	t, err := s.owned(ctx, by, id)
	if err != nil {
		return nil, err
	}
	return t, by.Changes(t.Owner)
}

// Status returns a task of the scope as it is now. [task.ErrNotFound].
func (s *Service) Status(ctx context.Context, by auth.Scope, id string) (View, error) {
	t, err := s.owned(ctx, by, id)
	if err != nil {
		return View{}, err
	}
	return s.view(ctx, t), nil
}

func (s *Service) view(ctx context.Context, t *task.Task) View {
	message, items, parts := t.Message+anew(t), s.tally(ctx, t), s.remote.Parts(ctx, t)
	now := s.now()
	remaining := time.Duration(0)
	switch t.Phase {
	case task.Running:
		if t.Stage == task.LocalProcessing {
			remaining = s.took.Estimate(t.Source.ContentType, t.Source.Size) - now.Sub(t.StartedAt)
		}
	case task.Waiting:
		if items != nil {
			t.Done, message = float64(items.Done+items.Failed)/float64(items.Total), itemsSoFar(*items)
		}
		if parts != nil {
			p := remote.Overall(parts)
			t.Done, message = p.Done, p.Message
		} else if p, ok := s.remote.Progress(ctx, t); ok {
			t.Done, message, remaining = p.Done, p.Message, p.Remaining
		}
	}
	return View{Task: t, Progress: t.Overall(), Message: message, Remaining: max(remaining, 0), Items: items, Parts: parts}
}

// anew says why what a task's watcher sees begins anew: its progress goes back when a run
// ends before it is through, and when the server converts what no worker could. "" when it
// only goes on.
func anew(t *task.Task) string {
	switch {
	case t.Phase != task.Running && t.Phase != task.Queued:
		return ""
	case t.Interrupted != "" && t.Interrupted != t.Message:
		return "; once more: " + t.Interrupted
	case t.Interrupted == "" && t.Stage == task.LocalProcessing && t.Remote != nil && t.Remote.GaveUp != "":
		return "; remote conversion failed: " + t.Remote.GaveUp
	}
	return ""
}

// List returns a page of the scope's tasks that fit the filter, whose owner is not asked
// for, newest first, and the cursor of the next page, "" at the end. [task.ErrCursor].
func (s *Service) List(ctx context.Context, by auth.Scope, f task.Filter) ([]View, string, error) {
	f.Owner = by.Only()
	tasks, next, err := s.tasks.List(ctx, f)
	if err != nil {
		return nil, "", err
	}
	views := make([]View, len(tasks))
	for i, t := range tasks {
		views[i] = s.view(ctx, t)
	}
	return views, next, nil
}

// Changes returns up to n tasks of everybody that have changed since the mark, as
// [task.Store.Changes].
func (s *Service) Changes(ctx context.Context, after int64, n int) ([]View, int64, error) {
	tasks, next, err := s.tasks.Changes(ctx, after, n)
	views := make([]View, len(tasks))
	for i, t := range tasks {
		views[i] = s.view(ctx, t)
	}
	return views, next, err
}

// Count returns how many tasks of the scope there are of each status.
func (s *Service) Count(ctx context.Context, by auth.Scope) (map[task.Status]int, error) {
	return s.tasks.Count(ctx, by.Only())
}

// Revoke calls a task of the scope off, with its run, which its server stops with the next
// heartbeat, and its remote job; revoked again it is no error. [task.ErrNotFound], [task.ErrConflict] when it has ended otherwise.
func (s *Service) Revoke(ctx context.Context, by auth.Scope, id string) (View, error) {
	if _, err := s.changeable(ctx, by, id); err != nil {
		return View{}, err
	}
	return s.revoke(ctx, id)
}

func (s *Service) revoke(ctx context.Context, id string) (View, error) {
	changed := false
	t, err := s.tasks.Update(ctx, id, func(t *task.Task, now time.Time) error {
		changed = t.Status != task.Revoked
		return t.Revoke(now)
	})
	if err != nil {
		return View{}, err
	}
	ctx = context.WithoutCancel(ctx)
	if err := s.remote.CallOff(ctx, t, "its task was revoked"); err != nil {
		return View{}, fmt.Errorf("revoke task %s: %w", id, err)
	}
	if err := s.revokeItems(ctx, t); err != nil {
		return View{}, err
	}
	if changed {
		s.clear(ctx, t, false)
		s.observe(t, nil)
	}
	return s.view(ctx, t), nil
}
