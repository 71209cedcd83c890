package client

import (
	"context"
	"net/http"

	"morag/internal/wire"
)

const workers = "/api/v1/workers/"

// Workers lists a page of the workers the server knows, the one seen last first.
func (c *Client) Workers(ctx context.Context, l List) (wire.Workers, error) {
	return ask[wire.Workers](ctx, c, get("/api/v1/workers", l.query()))
}

// DrainWorker gives a worker no further jobs until [Client.ResumeWorker]. It may be
// repeated.
func (c *Client) DrainWorker(ctx context.Context, id string) error {
	return c.do(ctx, about(http.MethodPost, workers, id, "/drain"), nil)
}

// ResumeWorker ends a drain. It may be repeated.
func (c *Client) ResumeWorker(ctx context.Context, id string) error {
	return c.do(ctx, about(http.MethodPost, workers, id, "/resume"), nil)
}
