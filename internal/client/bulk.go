package client

import (
	"context"
	"net/http"

	"morag/internal/wire"
)

// Paths of the calls for many things, for [Client.Bulk].
const (
	BulkJobs      = "/api/v1/remote-jobs/bulk"
	BulkTasks     = "/api/v1/tasks/bulk"
	BulkDocuments = "/api/v1/documents/bulk"
)

// Bulk does something with all that a filter selects, at most 1,000 of them. It is sent once.
func (c *Client) Bulk(ctx context.Context, path string, in wire.Bulk) (wire.BulkDone, error) {
	r := (&request{method: http.MethodPost, path: path}).json(in)
	return ask[wire.BulkDone](ctx, c, r.only())
}
