package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"morag/internal/wire"
)

// Ask has a question answered from the documents, and calls say with each piece of the
// answer as it comes, unless say is nil.
func (c *Client) Ask(ctx context.Context, in wire.Ask, say func(text string)) (wire.Answer, error) {
	r := &request{method: http.MethodPost, path: "/api/v1/ask", once: true}
	in.Stream = say != nil
	if !in.Stream {
		return ask[wire.Answer](ctx, c, r.json(in))
	}
	return c.listen(ctx, r.json(in), say)
}

// listen hears an answer to its end.
func (c *Client) listen(ctx context.Context, r *request, say func(text string)) (out wire.Answer, err error) {
	r.header = http.Header{"Accept": {eventStream + ", application/json"}}
	resp, err := c.send(ctx, r)
	if err != nil {
		return out, err
	}
	defer resp.Body.Close()
	whole := false
	err = readEvents(resp.Body, func(name string, data []byte) error {
		var err error
		switch name {
		case "text":
			var piece wire.AnswerText
			if err = json.Unmarshal(data, &piece); err == nil {
				say(piece.Text)
			}
		case "answer":
			whole = true
			err = json.Unmarshal(data, &out)
		case "error":
			var told wire.Error
			if err = json.Unmarshal(data, &told); err == nil {
				return fmt.Errorf("%s: %s", r.call(), told.Detail)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w: %w", r.call(), ErrNotMoRAG, err)
		}
		return nil
	})
	if err == nil && !whole {
		err = fmt.Errorf("%s: the answer broke off", r.call())
	}
	return out, err
}
