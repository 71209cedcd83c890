package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"morag/internal/ask"
	"morag/internal/index"
	"morag/internal/search"
	"morag/internal/wire"
)

type asked struct {
	Body wire.Ask `body:"tells"`
}

func (in asked) check() error {
	if n := in.Body.Limit; n != nil && (*n < 1 || *n > ask.MaxLimit) {
		return invalid("limit must be from 1 to %d", ask.MaxLimit)
	}
	return nil
}

// ask answers a question, at once or as the model speaks.
func (s *Server) ask(w http.ResponseWriter, r *http.Request, in asked) error {
	filter, err := index.ParseFilter(in.Body.Filters)
	if err != nil {
		return err
	}
	c := callOf(r)
	q := ask.Question{Text: in.Body.Question, Filter: filter}
	if in.Body.Limit != nil {
		q.Limit = *in.Body.Limit
	}
	out := speaking{w: w, control: http.NewResponseController(w)}
	say := func(string) error { return nil }
	if in.Body.Stream {
		say = func(text string) error { return out.send("text", wire.AnswerText{Text: text}) }
		out.keep()
		defer out.end() // after a panic, too
	}
	a, err := s.Ask.Ask(r.Context(), c.scope(), q, say)
	out.end()
	if errors.Is(err, search.ErrQuery) {
		err = invalid("question: %s", err)
	}
	switch {
	case err != nil && out.begun:
		return out.fail(err)
	case err != nil:
		return err
	case in.Body.Stream:
		return out.send("answer", c.answer(a))
	}
	return reply(w, r, c.answer(a))
}

func (c *call) answer(a *ask.Answer) wire.Answer {
	out := wire.Answer{Answer: a.Text, Found: a.Found, Citations: make([]wire.Citation, len(a.Citations)), Warnings: append(c.misspelt, a.Warnings...)}
	for i, from := range a.Citations {
		place := from.Passage.Place
		out.Citations[i] = wire.Citation{
			N: from.N, DocumentID: from.DocumentID, ChunkIndex: from.ChunkIndex, Quote: from.Passage.Snippet,
			Document: hitDocument(from.Hit), Start: place.Start, End: place.End, Heading: place.Heading, Speaker: place.Speaker,
		}
		if place.Page > 0 {
			out.Citations[i].Page = &place.Page
		}
	}
	return out
}

// speaking sends events as they come, and comments while there are none.
type speaking struct {
	w       http.ResponseWriter
	control *http.ResponseController

	mu    sync.Mutex // guards what follows, and w
	begun bool
	quiet *time.Timer // nil when no comments are sent
}

// keep begins to send a comment whenever nothing was sent for commentEvery, until end: a
// model may think for long.
func (o *speaking) keep() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.quiet = time.AfterFunc(commentEvery, o.comment)
}

// end returns when there will be no more comments.
func (o *speaking) end() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.quiet != nil {
		o.quiet.Stop()
		o.quiet = nil
	}
}

func (o *speaking) comment() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.quiet != nil {
		_ = o.write(comment) // when nobody reads any more, the request ends by itself
	}
}

func (o *speaking) send(name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.write(fmt.Appendf(nil, "event: %s\ndata: %s\n\n", name, data))
}

// write sends p at once; mu is held.
func (o *speaking) write(p []byte) error {
	if !o.begun {
		begin(o.w.Header())
		o.begun = true
	}
	if o.quiet != nil {
		o.quiet.Reset(commentEvery)
	}
	if _, err := o.w.Write(p); err != nil {
		return err
	}
	return o.control.Flush()
}

// fail tells of what ended an answer that had begun.
func (o *speaking) fail(err error) error {
	detail := "the answer broke off"
	if p := answer(err); p != nil {
		detail = p.Detail
	}
	_ = o.send("error", wire.Error{Detail: detail}) // whoever is gone needs no telling
	return nil
}
