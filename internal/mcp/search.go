package mcp

import (
	"context"

	"morag/internal/wire"
)

// maxPassage bounds the characters of a passage.
const maxPassage = 2000

type searchIn struct {
	Query   string         `json:"query" jsonschema:"what is looked for, in the user's words; a \"phrase\" must be in a hit, -word must not"`
	Limit   int            `json:"limit,omitempty" jsonschema:"how many passages at most, 1 to 20 (8)"`
	Filters map[string]any `json:"filters,omitempty" jsonschema:"by metadata of documents, or by document_id, source_name or source_type: a value equals, a list is any of, an object of gte, gt, lte or lt a range; all must hold"`
}

type searchOut struct {
	Hits     []hit    `json:"hits" jsonschema:"best first"`
	Warnings []string `json:"warnings,omitempty"`
}

// hit is a passage that was found.
type hit struct {
	DocumentID string   `json:"document_id"`
	Name       string   `json:"name,omitempty"`
	Title      string   `json:"title,omitempty"`
	Type       string   `json:"content_type"`
	Score      float64  `json:"score" jsonschema:"from 0 to 1"`
	Page       *int     `json:"page,omitempty"`
	Start      *float64 `json:"start_seconds,omitempty"`
	End        *float64 `json:"end_seconds,omitempty"`
	Heading    string   `json:"heading,omitempty"`
	Speaker    string   `json:"speaker,omitempty"`
	Text       string   `json:"text"`
}

func (t tools) search(ctx context.Context, in searchIn) (out searchOut, err error) {
	limit, err := within("limit", in.Limit, 1, 20, 8)
	if err != nil {
		return out, err
	}
	found, err := t.API.Search(ctx, wire.Search{Query: in.Query, Limit: &limit, Filters: in.Filters})
	out = searchOut{Hits: make([]hit, len(found.Results)), Warnings: found.Warnings}
	for i, h := range found.Results {
		out.Hits[i] = hit{
			DocumentID: h.DocumentID, Name: shown(h.Document.Name), Title: shown(h.Document.Title), Type: h.Document.ContentType, Score: h.Score,
			Page: h.Page, Start: h.Start, End: h.End, Heading: h.Heading, Speaker: h.Speaker, Text: short(h.Content, maxPassage),
		}
	}
	return out, err
}
