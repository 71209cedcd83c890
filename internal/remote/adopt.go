package remote

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"

	"github.com/google/uuid"

	"morag/internal/auth"
	"morag/internal/chunk"
	"morag/internal/job"
	"morag/internal/option"
	"morag/internal/task"
)

// adopt makes the task of a completed job that a client made itself under a task id of
// its own, so that its text is indexed like any other. It tells whether there is one.
func (e *Ends) adopt(ctx context.Context, j *job.Job) (bool, error) {
	if !adoptable(j) {
		return false, nil
	}
	t := adopted(j)
	err := e.tasks.Create(ctx, t)
	if errors.Is(err, task.ErrExists) {
		return true, nil // told twice at the same time
	}
	if err != nil {
		return false, err
	}
	e.log.Info("task adopted", "task_id", t.ID, "job_id", j.ID, "content_type", j.ContentType)
	return true, nil
}

// adoptable tells whether the text of a job that no task asked for is to be indexed.
func adoptable(j *job.Job) bool {
	_, store := adoptedOptions(j.TaskOptions)
	return j.Status == job.Completed && store
}

// adopted is the task of a completed job that a client made.
func adopted(j *job.Job) *task.Task {
	options, _ := adoptedOptions(j.TaskOptions)
	t := &task.Task{
		ID: j.IngestionTaskID, Owner: cmp.Or(j.Owner, j.CreatedBy, auth.DefaultOwner), Precedence: j.Precedence,
		Phase: task.Queued, Status: task.Pending, Stage: task.Initializing,
		Options: options, DocumentID: options.DocumentID,
		// No Ref: the client named a file that somebody else stored, who also removes it.
		Source: task.Source{
			Name: j.SourceName, Size: max(j.SourceSize, 0), SHA256: j.SourceSHA256, ContentType: j.ContentType,
		},
		Remote: &task.Remote{JobID: j.ID, Since: j.CreatedAt, Deadline: j.TimeoutAt, Done: true, Over: true},
	}
	if !task.ValidID(t.DocumentID) {
		t.DocumentID = uuid.NewString()
	}
	return t
}

// adoptedOptions reads what a client wrote into task_options; what cannot be
// understood is left at its default. store is false when the text is not wanted in
// the index.
func adoptedOptions(raw json.RawMessage) (o task.Options, store bool) {
	o = option.ReadLenient(raw, option.ForDocument)
	if chunk.Given(o.ChunkingStrategy, o.ChunkSize, o.ChunkOverlap).Validate() != nil {
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
