package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"morag/internal/wire"
)

// errNoStream: the server tells of no events.
var errNoStream = errors.New("the server has no stream of events")

// maxEvent bounds the bytes of one event: a status, whose result may hold metadata.
const maxEvent = 16 << 20

// follow hears of a task until the stream ends, and calls each with what it is told. A
// server without streams, which the original is, is errNoStream.
func (c *Client) follow(ctx context.Context, id string, each func(wire.Task)) error {
	r := about(http.MethodGet, "/api/v1/status/", id, "/events").only()
	r.header = http.Header{"Accept": {eventStream + ", application/json"}}
	resp, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media != eventStream {
		return errNoStream
	}
	return readEvents(resp.Body, func(name string, data []byte) error {
		if name != "status" {
			return nil
		}
		var t wire.Task
		if err := json.Unmarshal(data, &t); err != nil {
			return fmt.Errorf("%s: %w: %w", r.call(), ErrNotMoRAG, err)
		}
		each(t)
		return nil
	})
}

const eventStream = "text/event-stream"

// readEvents reads server-sent events to the end of the stream, which is no error, and
// calls each with the name and the data of each. An event is at most maxEvent bytes.
func readEvents(body io.Reader, each func(name string, data []byte) error) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, maxEvent)
	var name string
	var data []byte
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case lines.Text() == "":
			if len(data) > 0 {
				if err := each(name, data[:len(data)-1]); err != nil {
					return err
				}
			}
			name, data = "", nil
		case field == "event":
			name = value
		case field == "data":
			if data = append(append(data, value...), '\n'); len(data) > maxEvent {
				return fmt.Errorf("an event: %w: over %d bytes", ErrTooLarge, maxEvent)
			}
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("an event: %w: over %d bytes", ErrTooLarge, maxEvent)
	}
	return lines.Err()
}
