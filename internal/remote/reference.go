package remote

import (
	"context"

	"morag/internal/blob"
	"morag/internal/job"
)

// A task uses its source itself. The source of a client's own job is a document's, which
// the job uses besides, or a copy that was made for it.

// refer keeps the source of a client's job for as long as it may be tried.
func (e *Ends) refer(ctx context.Context, j *job.Job) error {
	if !blob.Is(j.SourceFilePath) {
		return nil
	}
	return e.references.Refer(ctx, user(j), j.Longest(), j.SourceFilePath)
}

// letGo ends that, when the job is over, and removes the source if nobody else uses it: a
// copy, or what a document had that is gone meanwhile. A job that has failed keeps such a
// source for another try.
func (e *Ends) letGo(ctx context.Context, j *job.Job) error {
	if !blob.Is(j.SourceFilePath) {
		return nil
	}
	if err := e.references.Refer(ctx, user(j), 0); err != nil {
		return err
	}
	if j.Status == job.Completed {
		return e.blobs.Delete(ctx, j.SourceFilePath)
	}
	used, err := e.references.Used(ctx, j.SourceFilePath)
	if err != nil || used {
		return err
	}
	return e.refer(ctx, j)
}

func user(j *job.Job) string { return "job:" + j.ID }
