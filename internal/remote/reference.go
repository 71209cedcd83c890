package remote

import (
	"context"

	"morag/internal/blob"
	"morag/internal/job"
)

// A task uses its source itself; the source of a client's own job may be a document's,
// and the job uses it besides.

// refer keeps the source of a client's job for as long as it may be tried.
func (e *Ends) refer(ctx context.Context, j *job.Job) error {
	if !blob.Is(j.SourceFilePath) {
		return nil
	}
	return e.references.Refer(ctx, user(j), j.Longest(), j.SourceFilePath)
}

// letGo ends that, when the job is over, and removes the source if its document is gone
// meanwhile.
func (e *Ends) letGo(ctx context.Context, j *job.Job) error {
	if !blob.Is(j.SourceFilePath) {
		return nil
	}
	if err := e.references.Refer(ctx, user(j), 0); err != nil {
		return err
	}
	return e.blobs.Delete(ctx, j.SourceFilePath)
}

func user(j *job.Job) string { return "job:" + j.ID }
