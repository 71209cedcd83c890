package ingest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"morag/internal/auth"
	"morag/internal/task"
	"morag/internal/wire"
)

// BatchType is the content type of a batch, which has no content of its own.
const BatchType = "batch"

// SubmitBatch stores a task for each item, in their order, and one for the batch, all
// in one commit. The batch's request brings the webhook and what makes it repeatable; the items' ids are new. The errors are those of [Service.Submit]; what an
// item's options are refused for begins with its place, counted from 0.
func (s *Service) SubmitBatch(ctx context.Context, by auth.Scope, batch Request, items []Request) (t *task.Task, repeated bool, err error) {
	if t, err := s.earlier(ctx, batch); t != nil || err != nil {
		return t, true, err
	}
	parent := &task.Task{
		ID: cmp.Or(batch.ID, uuid.NewString()), Fingerprint: batch.Fingerprint, Owner: by.Owner, Precedence: by.Precedence(batch.Options.Priority),
		Phase: task.Queued, Status: task.Pending, Stage: task.Initializing,
		Source: task.Source{ContentType: BatchType}, Options: batch.Options,
	}
	tasks := make([]*task.Task, len(items))
	for i, r := range items {
		if err := chunkOptions(r.Options).Validate(); err != nil {
			return nil, false, fmt.Errorf("items[%d]: %w", i, err)
		}
		if err := s.choose(&r); err != nil {
			return nil, false, fmt.Errorf("items[%d]: %w", i, err)
		}
		if err := s.place(ctx, by.Owner, &r); err != nil {
			return nil, false, err
		}
		tasks[i] = newTask(ctx, by, r, uuid.NewString())
		tasks[i].Batch = parent.ID
		parent.Items = append(parent.Items, tasks[i].ID)
	}
	if err := s.room(ctx, by.Owner, len(items)+1); err != nil {
		return nil, false, err
	}
	err = s.db.Write(ctx, func(ctx context.Context) error {
		// The batch first: it runs before its items, and waits.
		for _, t := range append([]*task.Task{parent}, tasks...) {
			if err := s.tasks.Create(ctx, t); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, task.ErrExists) && batch.ID != "" {
		t, err := s.earlier(ctx, batch)
		return t, true, err
	}
	if err != nil {
		return nil, false, fmt.Errorf("create batch: %w", err)
	}
	s.log.Info("batch created", "task_id", parent.ID, "content_type", BatchType, "items", len(items))
	return parent, false, nil
}

// gather ends a batch whose items have all ended, and otherwise lets it wait for them.
func (r *run) gather(ctx context.Context) error {
	result := wire.BatchResult{TotalItems: len(r.t.Items), Items: []wire.BatchItem{}}
	for f := (task.Filter{Batch: r.t.ID, Limit: 1000}); ; {
		items, next, err := r.tasks.List(ctx, f)
		if err != nil {
			return fmt.Errorf("items of the batch: %w", err)
		}
		for _, item := range items {
			if item.Phase != task.Ended {
				return r.parkBatch(ctx)
			}
			if item.Status == task.Success {
				result.Succeeded++
			} else {
				result.Failed++
			}
			result.Items = append(result.Items, wire.BatchItem{
				TaskID: item.ID, URL: item.Source.URL, Status: string(item.Status),
				DocumentID: wire.Text(documentOf(item)), Error: wire.Text(item.Error),
			})
		}
		if f.Cursor = next; next == "" {
			break
		}
	}
	slices.Reverse(result.Items) // they are listed newest first
	result.Success = result.Succeeded > 0
	raw, err := json.Marshal(result)
	if err != nil {
		return err
	}
	attempt, message := r.t.Attempt, outcome(result)
	after, err := r.tasks.Update(ctx, r.t.ID, func(t *task.Task, now time.Time) error {
		if !result.Success {
			t.Result = raw
			return t.Fail(attempt, message, now)
		}
		if err := t.Finish(attempt, raw, now); err != nil {
			return err
		}
		t.Message = message
		return nil
	})
	if err != nil {
		return err
	}
	r.observe(after, nil)
	return nil
}

// documentOf is the document that a task has made or found, "" when it has none.
func documentOf(t *task.Task) string {
	var result wire.TaskResult
	if t.Status != task.Success || json.Unmarshal(t.Result, &result) != nil {
		return ""
	}
	return result.DocumentID
}

func (r *run) parkBatch(ctx context.Context) error {
	if err := r.advance(ctx, task.LocalProcessing, "waiting for its items", nil); err != nil {
		return err
	}
	t, err := r.tasks.Update(ctx, r.t.ID, func(t *task.Task, _ time.Time) error { return t.Park(r.t.Attempt, "waiting for its items") })
	if err != nil {
		return err
	}
	r.observe(t, nil)
	return errParked
}

// batchLook is how often batches are looked after without a hint.
const batchLook = 15 * time.Second

// batchLoop wakes the batches whose items have all ended.
func (s *Service) batchLoop(ctx context.Context) {
	ticker := time.NewTicker(batchLook)
	defer ticker.Stop()
	woken := s.tasks.Wake(ctx, task.HintItems)
	for {
		if err := s.wakeBatches(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("look after waiting batches", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-woken:
		}
	}
}

func (s *Service) wakeBatches(ctx context.Context) error {
	const page = 100
	for {
		ripe, err := s.tasks.Ripe(ctx, page)
		if err != nil {
			return err
		}
		for _, id := range ripe {
			t, err := s.tasks.Update(ctx, id, func(t *task.Task, now time.Time) error { return t.Wake(true, "", now) })
			if errors.Is(err, task.ErrConflict) {
				continue // another server was first, or it was called off
			}
			if err != nil {
				return err
			}
			s.observe(t, nil)
		}
		if len(ripe) < page {
			return nil
		}
	}
}

// ofRevoked ends an item whose batch was called off while the server died: it returns
// errParked then.
func (r *run) ofRevoked(ctx context.Context) error {
	if r.t.Batch == "" {
		return nil
	}
	batch, err := r.tasks.Get(ctx, r.t.Batch)
	if err != nil {
		return fmt.Errorf("batch %s: %w", r.t.Batch, err)
	}
	if batch.Status != task.Revoked {
		return nil
	}
	if _, err := r.revoke(ctx, r.t.ID); err != nil {
		return err
	}
	return errParked
}

// revokeItems calls off the items of a batch that have not ended.
func (s *Service) revokeItems(ctx context.Context, t *task.Task) error {
	return eachItem(t, func(id string) error {
		_, err := s.revoke(ctx, id)
		if err != nil && !errors.Is(err, task.ErrConflict) && !errors.Is(err, task.ErrNotFound) {
			return fmt.Errorf("revoke item %s: %w", id, err)
		}
		return nil
	})
}

// retryItems runs the failed items of a batch once more.
func (s *Service) retryItems(ctx context.Context, t *task.Task) error {
	return eachItem(t, func(id string) error {
		_, err := s.retry(ctx, id)
		if err != nil && !errors.Is(err, task.ErrConflict) && !errors.Is(err, ErrSourceGone) {
			return fmt.Errorf("retry item %s: %w", id, err)
		}
		return nil
	})
}

// itemsAtOnce is how many items of a batch are changed at a time: what goes to the store
// together shares a commit.
const itemsAtOnce = 64

// eachItem changes the items of a batch, every one, and returns the first error.
func eachItem(t *task.Task, change func(id string) error) error {
	var all errgroup.Group
	all.SetLimit(itemsAtOnce)
	for _, id := range t.Items {
		all.Go(func() error { return change(id) })
	}
	return all.Wait()
}
