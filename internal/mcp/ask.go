package mcp

import (
	"context"

	"morag/internal/wire"
)

// maxQuote bounds the characters of a quote.
const maxQuote = 500

type askIn struct {
	Question string         `json:"question" jsonschema:"in the user's words"`
	Filters  map[string]any `json:"filters,omitempty" jsonschema:"which documents may answer, as in search"`
}

type askOut struct {
	Answer    string     `json:"answer" jsonschema:"with the numbers of citations in brackets"`
	Found     bool       `json:"found" jsonschema:"whether the documents answer the question"`
	Citations []citation `json:"citations"`
	Warnings  []string   `json:"warnings,omitempty"`
}

// citation is a passage that an answer rests on.
type citation struct {
	N          int      `json:"n"`
	DocumentID string   `json:"document_id"`
	Name       string   `json:"name,omitempty"`
	Page       *int     `json:"page,omitempty"`
	Start      *float64 `json:"start_seconds,omitempty"`
	Speaker    string   `json:"speaker,omitempty"`
	Quote      string   `json:"quote"`
}

func (t tools) ask(ctx context.Context, in askIn) (out askOut, err error) {
	answer, err := t.API.Ask(ctx, wire.Ask{Question: in.Question, Filters: in.Filters}, nil)
	out = askOut{Answer: answer.Answer, Found: answer.Found, Citations: make([]citation, len(answer.Citations)), Warnings: answer.Warnings}
	for i, c := range answer.Citations {
		out.Citations[i] = citation{c.N, c.DocumentID, shown(c.Document.Name), c.Page, c.Start, c.Speaker, short(c.Quote, maxQuote)}
	}
	return out, err
}
