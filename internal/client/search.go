package client

import (
	"context"
	"net/http"

	"morag/internal/wire"
)

// Search returns the chunks closest to a query, best first.
func (c *Client) Search(ctx context.Context, in wire.Search) (wire.Found, error) {
	r := &request{method: http.MethodPost, path: "/api/v1/search"}
	return ask[wire.Found](ctx, c, r.json(in))
}
