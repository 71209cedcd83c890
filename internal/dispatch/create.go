package dispatch

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"morag/internal/auth"
	"morag/internal/blob"
	"morag/internal/content"
	"morag/internal/extent"
	"morag/internal/job"
	"morag/internal/share"
)

// Limits of what a caller may ask of a job.
const (
	MaxTimeout    = 7 * 24 * time.Hour
	MaxRetries    = 100
	MaxPriority   = 1_000_000
	maxPathLength = 4096
)

// Refusal is a request that cannot be served as it is: one clear sentence that
// names the field.
type Refusal struct{ Sentence string }

func (r *Refusal) Error() string { return r.Sentence }

func refuse(format string, args ...any) error { return &Refusal{fmt.Sprintf(format, args...)} }

// Create stores a new job for a source that is there. s.ID may be empty; then it
// gets one. A value out of range is a [Refusal]; the source's errors are
// [Sources.Stat]'s; [ErrFull]; otherwise the store's.
func (s *Service) Create(ctx context.Context, spec job.Spec) (*job.Job, error) {
	if err := check(&spec); err != nil {
		return nil, err
	}
	info, err := s.sources.Stat(ctx, spec.SourceFilePath)
	if err != nil {
		return nil, err
	}
	spec.SourceSize, spec.SourceModified = info.Size, info.Modified
	named := !strings.HasPrefix(spec.SourceFilePath, blob.Scheme)
	if named {
		spec.SourceName = info.Name
	}
	if err := s.room(ctx, spec.Owner); err != nil {
		return nil, err
	}
	if spec.ID == "" {
		spec.ID = uuid.NewString()
	}
	if named && s.sources.Copied {
		return s.createCopied(ctx, spec)
	}
	return s.create(ctx, spec)
}

// createCopied makes a job of a copy of its source, so that any server can give it out.
func (s *Service) createCopied(ctx context.Context, spec job.Spec) (*job.Job, error) {
	// A job that is there already needs no copy.
	if _, err := s.store.Get(ctx, spec.ID); err == nil {
		return nil, fmt.Errorf("job %s: %w", spec.ID, job.ErrExists)
	}
	ref, info, err := s.sources.copyIn(ctx, spec.SourceFilePath)
	if err != nil {
		return nil, err
	}
	spec.SourceFilePath, spec.SourceName, spec.SourceSize = ref, info.Name, info.Size
	spec.SourceSHA256, spec.SourceModified = info.SHA256, info.Modified
	j, err := s.create(ctx, spec)
	if err != nil {
		s.sources.discard(ctx, ref)
	}
	return j, err
}

func (s *Service) create(ctx context.Context, spec job.Spec) (*job.Job, error) {
	if err := s.seal(&spec); err != nil {
		return nil, err
	}
	j, err := s.store.Create(ctx, spec)
	if err != nil {
		return nil, err
	}
	s.observe(ctx, j)
	return j, nil
}

// ErrFull: as many jobs are pending as may be. It may be tried again.
var ErrFull = fmt.Errorf("too many are pending: %w", job.ErrUnavailable)

// errOwnFull is for whom it is full while there is room for others.
var errOwnFull = fmt.Errorf("this key has as many pending as it leaves room for others: %w", ErrFull)

// room is [ErrFull] when no more jobs may be pending, or none of the owner by
// [share.Spares].
func (s *Service) room(ctx context.Context, owner string) error {
	if s.maxPending <= 0 {
		return nil
	}
	pending, err := s.store.Pending(ctx, "")
	if err != nil {
		return err
	}
	if pending >= s.maxPending {
		return ErrFull
	}
	if owner == "" || owner == auth.DefaultOwner {
		return nil
	}
	own, err := s.store.Pending(ctx, owner)
	if err == nil && !share.Spares(s.maxPending, pending, own, 1) {
		err = errOwnFull
	}
	return err
}

func check(spec *job.Spec) error {
	switch {
	case spec.SourceFilePath == "":
		return refuse("source_file_path is missing")
	case len(spec.SourceFilePath) > maxPathLength || strings.ContainsRune(spec.SourceFilePath, 0):
		return refuse("source_file_path is not a path")
	case spec.ContentType == "":
		return refuse("content_type is missing")
	case spec.IngestionTaskID == "":
		return refuse("ingestion_task_id is missing")
	case !job.ValidID(spec.IngestionTaskID):
		return refuse("ingestion_task_id must be 1 to 128 letters, digits, '_' or '-'")
	case spec.Timeout < 0 || spec.Timeout > MaxTimeout:
		return refuse("timeout_seconds must be from 1 to %d", int(MaxTimeout/time.Second))
	case spec.MaxRetries != nil && (*spec.MaxRetries < 0 || *spec.MaxRetries > MaxRetries):
		return refuse("max_retries must be from 0 to %d", MaxRetries)
	case spec.Priority < -MaxPriority || spec.Priority > MaxPriority:
		return refuse("priority must be from %d to %d", -MaxPriority, MaxPriority)
	case len(spec.TaskOptions) > job.MaxTaskOptions:
		return refuse("task_options must not be larger than %d bytes", job.MaxTaskOptions)
	}
	if len(spec.TaskOptions) > 0 {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(spec.TaskOptions, &object); err != nil {
			return refuse("task_options must be a JSON object")
		}
		switch values, depth := extent.Of(spec.TaskOptions); {
		case depth > extent.MaxDepth:
			return refuse("task_options must not be nested deeper than %d levels", extent.MaxDepth)
		case values > extent.MaxValues:
			return refuse("task_options must not hold more than %d values", extent.MaxValues)
		}
	}
	normal, err := content.Normalize(spec.ContentType)
	if err != nil {
		return refuse("%s", err)
	}
	spec.ContentType = normal
	return nil
}
