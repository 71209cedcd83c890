package api

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// A large answer has to be read at some speed, since others wait for the room that it
// takes: within twice replyGrace and a second for every replyFloor bytes.
const (
	replyGrace = 10 * time.Second
	replyFloor = 64 << 10
)

// reply answers with a JSON value. A large one waits for room in the budget.
func reply(w http.ResponseWriter, r *http.Request, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	free, err := hold(w, r, len(body), func(b *budget) *memory { return b.answers })
	if err != nil {
		return err
	}
	defer free()
	return writeAnswer(w, http.StatusOK, body)
}

// hold waits for the room of an answer of n bytes until free is called, and then lets
// another large one be made. w is held to the speed of what is held in memory.
func hold(w http.ResponseWriter, r *http.Request, n int, of func(*budget) *memory) (free func(), err error) {
	c := callOf(r)
	if c.made != nil {
		defer c.made()
	}
	if n <= smallReply || c.budget == nil {
		return func() {}, nil
	}
	free, err = of(c.budget).take(r.Context(), c.caller.Name, int64(n), "large answers")
	hasteReading(w)
	return free, err
}

// writePieces writes a long text without another copy of it.
func writePieces(w io.Writer, text string) error {
	for len(text) > 0 {
		n := min(len(text), smallReply)
		if _, err := w.Write([]byte(text[:n])); err != nil {
			return err
		}
		text = text[n:]
	}
	return nil
}

func hasteReading(w http.ResponseWriter) {
	for {
		switch inner := w.(type) {
		case *stallWriter:
			inner.hasten()
			return
		case interface{ Unwrap() http.ResponseWriter }:
			w = inner.Unwrap()
		default:
			return
		}
	}
}
