package ingest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

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
		ID: cmp.Or(batch.ID, uuid.NewString()), Fingerprint: batch.Fingerprint, Owner: by.Owner,
		Phase: task.Queued, Status: task.Pending, Stage: task.Initializing,
		Source: task.Source{ContentType: BatchType}, Options: batch.Options,
	}
	tasks := make([]*task.Task, len(items))
	for i, r := range items {
		if err := chunkOptions(r.Options).Validate(); err != nil {
			return nil, false, fmt.Errorf("items[%d]: %w", i, err)
		}
		tasks[i] = newTask(by.Owner, r, uuid.NewString())
		tasks[i].Batch = parent.ID
		parent.Items = append(parent.Items, tasks[i].ID)
	}
	if err := s.room(ctx, len(items)+1); err != nil {
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
	for _, id := range r.t.Items {
		item, err := r.tasks.Get(ctx, id)
		if err != nil {
			return fmt.Errorf("item %s: %w", id, err)
		}
		if item.Phase != task.Ended {
			r.batches.forget(r.t.ID) // one that had ended may have been retried by itself
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
	result.Success = result.Succeeded > 0
	raw, err := json.Marshal(result)
	if err != nil {
		return err
	}
	attempt := r.t.Attempt
	after, err := r.tasks.Update(ctx, r.t.ID, func(t *task.Task, now time.Time) error {
		if result.Success {
			return t.Finish(attempt, raw, now)
		}
		if err := t.Fail(attempt, fmt.Sprintf("none of the %d items was ingested", result.TotalItems), now); err != nil {
			return err
		}
		t.Result = raw
		return nil
	})
	if err != nil {
		return err
	}
	r.batches.forget(r.t.ID)
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
	// The last item may have ended before the batch began to wait.
	r.settle(ctx, t)
	return errParked
}

// itemEnded looks whether a batch is over. It is no more than a hint: the loop that
// looks after waiting tasks finds what it misses.
func (s *Service) itemEnded(batch string) {
	ctx := context.Background()
	t, err := s.tasks.Get(ctx, batch)
	if err != nil {
		s.log.Error("batch of an ended item", "task_id", batch, "err", err)
		return
	}
	s.settle(ctx, t)
}

// settleBatch wakes a batch whose items have all ended.
func (s *Service) settleBatch(ctx context.Context, t *task.Task) error {
	ended := s.batches.ended(t.ID)
	for ; ended < len(t.Items); ended++ {
		item, err := s.tasks.Get(ctx, t.Items[ended])
		if err != nil {
			return err
		}
		if item.Phase != task.Ended {
			break
		}
	}
	s.batches.reach(t.ID, ended)
	if ended < len(t.Items) {
		return nil
	}
	return s.endWait(ctx, t)
}

// ofRevoked ends an item whose batch was called off while the server died: it answers
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
	for _, id := range t.Items {
		if _, err := s.revoke(ctx, id); err != nil && !errors.Is(err, task.ErrConflict) && !errors.Is(err, task.ErrNotFound) {
			return fmt.Errorf("revoke item %s: %w", id, err)
		}
	}
	s.batches.forget(t.ID)
	return nil
}

// retryItems runs the failed items of a batch once more.
func (s *Service) retryItems(ctx context.Context, t *task.Task) error {
	for _, id := range t.Items {
		_, err := s.retry(ctx, id)
		if err != nil && !errors.Is(err, task.ErrConflict) && !errors.Is(err, ErrSourceGone) {
			return fmt.Errorf("retry item %s: %w", id, err)
		}
	}
	s.batches.forget(t.ID)
	return nil
}

// batches remembers how many items of each waiting batch, from the first on, are known
// to have ended, so that each is looked up once and not at every end of another.
type batches struct {
	mu    sync.Mutex
	known map[string]int
}

func newBatches() *batches { return &batches{known: map[string]int{}} }

func (b *batches) ended(id string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.known[id]
}

func (b *batches) reach(id string, ended int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known[id] = max(b.known[id], ended)
}

func (b *batches) forget(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.known, id)
}
