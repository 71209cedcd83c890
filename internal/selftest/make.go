package selftest

import (
	"context"

	"morag/internal/client"
	"morag/internal/wire"
)

// What makes something on the server is not cut short when the self-test is interrupted: of
// what was made by then nobody would know, and nobody would remove it.

// IngestFile uploads a file.
func (p *probe) IngestFile(ctx context.Context, path string, o client.IngestOptions) (wire.Ingested, error) {
	return toItsEnd(ctx, func(ctx context.Context) (wire.Ingested, error) { return p.Client.IngestFile(ctx, path, o) })
}

// CreateJob makes a remote job.
func (p *probe) CreateJob(ctx context.Context, in wire.JobCreate) (wire.JobCreated, error) {
	return toItsEnd(ctx, func(ctx context.Context) (wire.JobCreated, error) { return p.Client.CreateJob(ctx, in) })
}

// toItsEnd makes a call only while ctx has not ended, and then lets it go on.
func toItsEnd[Out any](ctx context.Context, call func(context.Context) (Out, error)) (out Out, err error) {
	if err := ctx.Err(); err != nil {
		return out, err
	}
	whole, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
	defer cancel()
	return call(whole)
}
