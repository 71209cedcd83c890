package client

import (
	"context"
	"net/http"

	"morag/internal/wire"
)

const reindexPath = "/api/v1/admin/reindex"

// ReindexStatus tells how the exchange of the embedding model goes.
func (c *Client) ReindexStatus(ctx context.Context) (wire.Reindex, error) {
	return ask[wire.Reindex](ctx, c, &request{method: http.MethodGet, path: reindexPath})
}

// StartReindex has the model of the server's settings embed all documents in the background.
func (c *Client) StartReindex(ctx context.Context) (wire.Reindex, error) {
	return ask[wire.Reindex](ctx, c, &request{method: http.MethodPost, path: reindexPath})
}

// StopReindex ends that; what was made of it goes.
func (c *Client) StopReindex(ctx context.Context) (wire.Reindex, error) {
	return ask[wire.Reindex](ctx, c, &request{method: http.MethodDelete, path: reindexPath})
}
