package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"morag/internal/auth"
	"morag/internal/document"
	"morag/internal/task"
	"morag/internal/trace"
)

// ErrExists: the document is there with other content and may not be replaced. The
// error that wraps it is a sentence for the client.
var ErrExists = errors.New("document exists")

// ErrReused: a request of the same id was made before, with another content.
var ErrReused = errors.New("Idempotency-Key was used for another request")

// Request is a source to ingest: a file that is stored already, or an address.
type Request struct {
	// ID, when the caller may repeat the request, is the id that its task gets, and
	// Fingerprint a hash of all that was asked for.
	ID          string
	Fingerprint string

	Source   task.Source
	Options  task.Options
	Warnings []string
}

// Submit stores a task of the caller's for the request; when it returns nil the task will be run,
// whatever happens to this process. A request that was made before gets the task it
// made then, and repeated is true: what it has stored is not used. [ErrExists],
// [ErrReused], [ErrFull], or what chunk's options refuse.
func (s *Service) Submit(ctx context.Context, by auth.Scope, r Request) (t *task.Task, repeated bool, err error) {
	if err := chunkOptions(r.Options).Validate(); err != nil {
		return nil, false, err
	}
	if t, err := s.earlier(ctx, r); t != nil || err != nil {
		return t, true, err
	}
	if err := s.choose(&r); err != nil {
		return nil, false, err
	}
	if err := s.place(ctx, by.Owner, &r); err != nil {
		return nil, false, err
	}
	if r.Options.DocumentID != "" {
		if err := s.mayStore(ctx, by.Owner, r); err != nil {
			return nil, false, err
		}
	}
	if err := s.room(ctx, by.Owner, 1); err != nil {
		return nil, false, err
	}
	t = newTask(ctx, by, r, cmp.Or(r.ID, uuid.NewString()))
	if t.DuplicateOf, err = s.expectDuplicate(ctx, t); err != nil {
		return nil, false, err
	}
	err = s.tasks.Create(ctx, t)
	if errors.Is(err, task.ErrExists) && r.ID != "" {
		// The same request came twice at the same time; the other one was first.
		t, err := s.earlier(ctx, r)
		return t, true, err
	}
	if err != nil {
		return nil, false, fmt.Errorf("create task: %w", err)
	}
	s.log.Info("task created", "task_id", t.ID, "source_name", t.Source.Name, "content_type", t.Source.ContentType, "remote", t.Options.Remote,
		"size", t.Source.Size, "document_id", t.DocumentID)
	return t, false, nil
}

// newTask is a task that has not run.
func newTask(ctx context.Context, by auth.Scope, r Request, id string) *task.Task {
	return &task.Task{
		ID: id, Fingerprint: r.Fingerprint, Owner: by.Owner, Precedence: by.Precedence(r.Options.Priority),
		Phase: task.Queued, Status: task.Pending, Stage: task.Initializing,
		Source: r.Source, Options: r.Options, DocumentID: cmp.Or(r.Options.DocumentID, uuid.NewString()), Warnings: r.Warnings,
		Traceparent: trace.Parent(ctx),
	}
}

// earlier returns the task that the same request made before, nil when there is
// none.
func (s *Service) earlier(ctx context.Context, r Request) (*task.Task, error) {
	if r.ID == "" {
		return nil, nil
	}
	t, err := s.tasks.Get(ctx, r.ID)
	if errors.Is(err, task.ErrNotFound) {
		return nil, nil
	}
	if err == nil && t.Fingerprint != r.Fingerprint {
		return nil, ErrReused
	}
	return t, err
}

// mayStore refuses early what would fail at the end.
func (s *Service) mayStore(ctx context.Context, owner string, r Request) error {
	d, err := s.documents.Get(ctx, owner, r.Options.DocumentID)
	switch {
	case errors.Is(err, document.ErrNotFound):
		return nil
	case err != nil:
		return err
	case r.Source.URL != "": // what it holds is known when it has been fetched
		return nil
	case r.Options.ReplaceExisting, d.Checksum == r.Source.SHA256:
		return nil
	}
	return &existsError{exists(r.Options.DocumentID)}
}

// expectDuplicate is the document that holds the source of t already, "" for none. Of an address
// that is known at the end.
func (s *Service) expectDuplicate(ctx context.Context, t *task.Task) (string, error) {
	if t.Source.URL != "" || t.Source.SHA256 == "" {
		return "", nil
	}
	same, err := s.sameAs(ctx, t, t.Source.SHA256)
	var f *final
	if errors.As(err, &f) { // it may be gone by then
		return "", nil
	}
	if err != nil || same == nil {
		return "", err
	}
	return same.ID, nil
}

type existsError struct{ sentence string }

func (e *existsError) Error() string { return e.sentence }
func (e *existsError) Unwrap() error { return ErrExists }

// estimate is how long the whole task is expected to take.
func (s *Service) estimate(src task.Source, remote bool) time.Duration {
	if remote {
		if took, ok := s.remote.Estimate(src.ContentType, src.Size); ok {
			return took
		}
	}
	return s.took.Estimate(src.ContentType, src.Size)
}
