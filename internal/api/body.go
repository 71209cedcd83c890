package api

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"
)

// largeBody is the size from which on a body is a large one: only a worker's result is.
const largeBody = 2 << 20

// A body that is held in memory has to come at some speed, since others wait for the room
// that it takes: after bodyGrace at least bodyFloor bytes a second on the whole.
const (
	bodyGrace = 20 * time.Second
	bodyFloor = 16 << 10
)

// body is one that is held in memory, for which there is room until free is called.
type body struct {
	raw  []byte
	room []func() // gives back what was taken
}

// free gives the room back to others; called again it does nothing.
func (b *body) free() {
	for _, give := range b.room {
		give()
	}
	b.room = nil
}

// errTooLong: a body is longer than it may be.
var errTooLong = errors.New("body too long")

// readBody reads a body of at most limit bytes into memory. Of a longer one it returns
// limit+1 bytes and errTooLong. What is small is read at once; more has to wait for room
// in the budget.
func readBody(r *http.Request, limit int64) (*body, error) {
	hasten(r.Body)
	b := &body{}
	var buffer bytes.Buffer
	small := min(limit, smallBody) + 1
	if 0 < r.ContentLength && r.ContentLength < small {
		buffer.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	var err error
	if r.ContentLength < small { // or unknown
		_, err = io.CopyN(&buffer, r.Body, small)
	}
	switch {
	case err == io.EOF:
		b.raw = buffer.Bytes()
		return b, nil
	case err != nil:
		return nil, malformed("the body could not be read to its end")
	}
	if limit > smallBody || buffer.Len() == 0 {
		if err := b.readOn(r, &buffer, limit); err != nil {
			b.free()
			return nil, err
		}
	}
	b.raw = buffer.Bytes()
	if int64(len(b.raw)) > limit {
		return b, errTooLong
	}
	return b, nil
}

// readOn reads the rest of a body, in steps for each of which there is room: as long as the
// request says it is, else twice as much as before.
func (b *body) readOn(r *http.Request, buffer *bytes.Buffer, limit int64) error {
	c := callOf(r)
	reserved := int64(0)
	for step := int64(largeBody); ; step *= 2 {
		most := min(step, limit+1)
		if r.ContentLength > 0 {
			most = min(r.ContentLength, limit+1)
		}
		from := c.bodies(most)
		if err := b.reserve(r, from, most-reserved); err != nil {
			return err
		}
		reserved = most
		buffer.Grow(int(most) - buffer.Len() + bytes.MinRead)
		_, err := io.CopyN(buffer, r.Body, most-int64(buffer.Len()))
		switch {
		case err == io.EOF || err == nil && int64(buffer.Len()) > limit:
			return nil
		case err != nil:
			return malformed("the body could not be read to its end")
		case r.ContentLength > 0:
			return nil
		}
	}
}

// bodies is where a body of n bytes has its room, nil for anywhere.
func (c *call) bodies(n int64) *memory {
	switch {
	case c.budget == nil:
		return nil
	case n > largeBody:
		return c.budget.results
	}
	return c.budget.bodies
}

// reserve takes room for n bytes more. The time that this takes is not the sender's.
func (b *body) reserve(r *http.Request, from *memory, n int64) error {
	if from == nil {
		return nil
	}
	slow, timed := r.Body.(*stallBody)
	var start time.Time
	if timed {
		start = slow.now()
	}
	give, err := from.take(r.Context(), callerOf(r).Name, n, "large requests")
	if err != nil {
		return err
	}
	b.room = append(b.room, give)
	if timed {
		slow.began = slow.began.Add(slow.now().Sub(start))
	}
	return nil
}

// hasten holds a body to the speed of one that is held in memory.
func hasten(b io.ReadCloser) {
	if slow, ok := b.(*stallBody); ok {
		slow.hasty = true
	}
}
