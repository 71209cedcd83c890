package ingest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"

	"github.com/google/uuid"

	"morag/internal/auth"
	"morag/internal/job"
	"morag/internal/option"
	"morag/internal/task"
)

// adopt makes the task of a completed job that a client created itself under a task
// id of its own, so that its text is indexed like any other. It tells whether there
// is one now.
func (s *Service) adopt(ctx context.Context, j *job.Job) bool {
	if j.Status != job.Completed {
		return false
	}
	options, store := adoptedOptions(j.TaskOptions)
	if !store {
		return false
	}
	now := s.now()
	t := &task.Task{
		ID: j.IngestionTaskID, Owner: cmp.Or(j.CreatedBy, auth.DefaultOwner), Phase: task.Queued, Status: task.Pending, Stage: task.Initializing,
		CreatedAt: now, RunAt: now, Options: options,
		DocumentID: options.DocumentID,
		// No Ref: the client named a file that somebody else stored, who also removes it.
		Source: task.Source{
			Name: j.SourceName, Size: max(j.SourceSize, 0), SHA256: j.SourceSHA256, ContentType: j.ContentType,
		},
		Remote: &task.Remote{JobID: j.ID, Since: j.CreatedAt, Deadline: j.TimeoutAt, Done: true},
	}
	if !task.ValidID(t.DocumentID) {
		t.DocumentID = uuid.NewString()
	}
	if err := s.tasks.Create(ctx, t); err != nil && !errors.Is(err, task.ErrExists) {
		s.log.Error("adopt a completed job", "job_id", j.ID, "task_id", j.IngestionTaskID, "err", err)
		s.unadopted.Store(true)
		return false
	}
	s.log.Info("task adopted", "task_id", t.ID, "job_id", j.ID, "content_type", j.ContentType)
	s.wake()
	return true
}

// adoptedOptions reads what a client wrote into task_options; what cannot be
// understood is left at its default. store is false when the text is not wanted in
// the index.
func adoptedOptions(raw json.RawMessage) (o task.Options, store bool) {
	o = option.ReadLenient(raw, option.ForDocument)
	if chunkOptions(o).Validate() != nil {
		o.ChunkSize, o.ChunkOverlap, o.ChunkingStrategy = 0, nil, ""
	}
	var given struct {
		Store *bool `json:"store_in_vector_db"`
	}
	if json.Unmarshal(raw, &given) != nil || given.Store == nil {
		return o, true
	}
	return o, *given.Store
}

// adoptAll finds the completed jobs whose task could not be made: the server did not
// live to do so, or its disk was full.
func (s *Service) adoptAll(ctx context.Context) {
	for cursor := ""; ; {
		jobs, next, err := s.jobs.List(ctx, job.Filter{Status: job.Completed, Limit: 1000, Cursor: cursor})
		if err != nil {
			if ctx.Err() == nil {
				s.log.Error("look for completed jobs without a task", "err", err)
			}
			s.unadopted.Store(true)
			return
		}
		for _, j := range jobs {
			if _, err := s.tasks.Get(ctx, j.IngestionTaskID); errors.Is(err, task.ErrNotFound) {
				s.adopt(ctx, j)
			}
		}
		if cursor = next; cursor == "" {
			return
		}
	}
}
