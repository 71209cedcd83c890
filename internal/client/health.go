package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"morag/internal/wire"
)

// Health asks whether the server lives, and its version.
func (c *Client) Health(ctx context.Context) (wire.Health, error) {
	return ask[wire.Health](ctx, c, get("/health", nil))
}

// Ready asks whether the server does its work. One that says no answers which parts
// do not, and a nil error.
func (c *Client) Ready(ctx context.Context) (wire.Ready, error) {
	out, err := ask[wire.Ready](ctx, c, get("/health/ready", nil).only())
	if e, ok := errors.AsType[*APIError](err); ok && e.Status == http.StatusServiceUnavailable {
		if json.Unmarshal(e.body, &out) == nil && out.Status != "" {
			return out, nil
		}
	}
	return out, err
}
