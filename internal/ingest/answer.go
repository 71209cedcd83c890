package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"morag/internal/auth"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/task"
	"morag/internal/wire"
)

// ErrStopping: the server stops, and what a caller waits for is called off.
var ErrStopping = errors.New("the server is stopping")

// answerKept is how long the text of a task is kept for the caller that waits for it.
const answerKept = time.Hour

// callers are the tasks of this process whose callers wait for the text.
type callers struct {
	mu sync.Mutex
	by map[string]bool
}

func (c *callers) add(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by[id] = true
}

func (c *callers) remove(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.by, id)
}

func (c *callers) wait(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.by[id]
}

// Answer converts r's source for a caller who waits for the text, of which no document is
// made. If r asks for a worker and one is there, it is a task like any other, which is called
// off when ctx ends, or with its server; else it is converted as [Service.Convert] does.
// taken says that the task has the source now. Errors are [ErrFull], [ErrNotRemote], [ErrStopping]
// and those of Convert;
// of a task that failed, wherever, [convert.ErrEngine].
func (s *Service) Answer(ctx context.Context, by auth.Scope, r Request) (doc *content.Document, taken bool, err error) {
	if r.Options.RemoteOnly {
		if err := s.choose(&r); err != nil {
			return nil, false, err
		}
	}
	t := newTask(ctx, by, r, uuid.NewString())
	t.DocumentID, t.Waiter = "", s.runner
	if !t.Options.Remote || s.remote.Refuses(t) != "" || !t.Options.NoFallback && s.remote.Alone(ctx, t) != "" {
		doc, _, err = s.Convert(ctx, by, r.Source, r.Options)
		return doc, false, err
	}
	if err := s.room(ctx, by.Owner, 1); err != nil {
		return nil, false, err
	}
	s.callers.add(t.ID)
	defer s.callers.remove(t.ID)
	changed, stop := s.Watch(t.ID)
	defer stop()
	if err := s.tasks.Create(ctx, t); err != nil {
		return nil, false, fmt.Errorf("create task: %w", err)
	}
	s.log.Info("task created, whose caller waits", "task_id", t.ID, "source_name", t.Source.Name, "content_type", t.Source.ContentType, "size", t.Source.Size)
	doc, err = s.await(ctx, t.ID, changed)
	return doc, true, err
}

// await waits for the end of a task and takes its text.
func (s *Service) await(ctx context.Context, id string, changed <-chan struct{}) (*content.Document, error) {
	for {
		var left error
		select {
		case <-ctx.Done():
			left = ctx.Err()
		case _, open := <-changed:
			if !open {
				left = ErrStopping
			}
		}
		after := context.WithoutCancel(ctx)
		if left != nil {
			if _, err := s.revoke(after, id); err != nil && !errors.Is(err, task.ErrConflict) {
				s.log.Error("call off a task whose caller has left", "task_id", id, "err", err)
			}
			return nil, left
		}
		t, err := s.tasks.Get(ctx, id)
		switch {
		case err != nil && ctx.Err() == nil:
			return nil, err
		case err == nil && t.Phase == task.Ended:
			return s.collect(after, t)
		}
	}
}

// collect takes the text of a task that has ended, or says why there is none.
func (s *Service) collect(ctx context.Context, t *task.Task) (*content.Document, error) {
	switch t.Status {
	case task.Success:
		doc, err := s.keptDocument(ctx, t.ConvertedRef)
		if err := s.references.Refer(ctx, taskUser(t.ID), 0); err != nil {
			s.log.Warn("file not let go", "task_id", t.ID, "err", err)
		}
		s.remove(ctx, t.ConvertedRef)
		if err == nil {
			doc.Warnings = t.Warnings
		}
		return doc, err
	case task.Failure:
		return nil, &convert.Error{Kind: convert.ErrEngine, Message: t.Error}
	}
	return nil, &convert.Error{Kind: convert.ErrEnded, Message: "the conversion was called off"}
}

// forsaken tells whether nobody waits for the text of t any more, as far as this server knows.
func (s *Service) forsaken(t *task.Task) bool {
	return t.Waiter == s.runner && t.Phase != task.Ended && !s.callers.wait(t.ID)
}

// forsake calls off the tasks whose callers left with an earlier process of this name.
func (s *Service) forsake(ctx context.Context) error {
	for cursor := ""; ; {
		tasks, next, err := s.tasks.List(ctx, task.Filter{Status: []task.Status{task.Pending, task.Progress}, Limit: 1000, Cursor: cursor})
		if err != nil {
			return err
		}
		for _, t := range tasks {
			if s.forsaken(t) {
				if _, err := s.revoke(ctx, t.ID); err != nil && !errors.Is(err, task.ErrConflict) {
					return err
				}
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}

// handOver ends the task with its text for the caller that waits.
func (r *run) handOver(ctx context.Context, doc *content.Document) error {
	ref := r.t.ConvertedRef
	if ref == "" { // it came from a worker
		raw, err := json.Marshal(doc)
		if err != nil {
			return &final{sentence: "the converted text cannot be encoded"}
		}
		kept, err := r.blobs.Put(ctx, bytes.NewReader(raw), 0)
		if err != nil {
			return fmt.Errorf("keep the converted text: %w", err)
		}
		ref = kept.Ref
	}
	metadata, err := json.Marshal(doc.Metadata)
	if err != nil {
		return &final{sentence: "the metadata cannot be encoded"}
	}
	raw, err := json.Marshal(wire.TaskResult{
		Success: true, ProcessingTime: r.t.ConvertSeconds, ProcessingMethod: r.t.Method, Metadata: metadata, ContentLength: utf8.RuneCountInString(doc.Content),
	})
	if err != nil {
		return &final{sentence: "the metadata cannot be encoded"}
	}
	attempt := r.t.Attempt
	after, err := r.tasks.Update(ctx, r.t.ID, func(t *task.Task, now time.Time) error {
		t.ConvertedRef = ref
		return t.Finish(attempt, raw, now)
	})
	if err != nil {
		return err
	}
	r.remove(context.WithoutCancel(ctx), after.Source.Ref)
	r.observe(after, nil)
	return nil
}
