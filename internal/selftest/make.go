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
	whole, cancel, err := toItsEnd(ctx)
	if err != nil {
		return wire.Ingested{}, err
	}
	defer cancel()
	return p.Client.IngestFile(whole, path, o)
}

// CreateJob makes a remote job.
func (p *probe) CreateJob(ctx context.Context, in wire.JobCreate) (wire.JobCreated, error) {
	whole, cancel, err := toItsEnd(ctx)
	if err != nil {
		return wire.JobCreated{}, err
	}
	defer cancel()
	return p.Client.CreateJob(whole, in)
}

// toItsEnd is a context for a call that is made only while ctx has not ended, and then goes on.
func toItsEnd(ctx context.Context) (context.Context, context.CancelFunc, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	whole, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
	return whole, cancel, nil
}
