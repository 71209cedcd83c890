package mcp

import (
	"context"

	"morag/internal/client"
	"morag/internal/wire"
)

type listIn struct {
	Limit  int    `json:"limit,omitempty" jsonschema:"how many at most, 1 to 100 (20)"`
	Cursor string `json:"cursor,omitempty" jsonschema:"next_cursor of the page before"`
	Name   string `json:"name,omitempty" jsonschema:"only what has this in its title or in the name of its file"`
	Origin string `json:"origin_prefix,omitempty" jsonschema:"only what came from a folder or address that begins like this"`
}

type listOut struct {
	Documents  []described `json:"documents"`
	NextCursor string      `json:"next_cursor,omitempty" jsonschema:"there are more"`
}

// described is a document without its text.
type described struct {
	DocumentID string `json:"document_id"`
	Name       string `json:"name,omitempty"`
	Title      string `json:"title,omitempty"`
	Type       string `json:"content_type"`
	Origin     string `json:"origin,omitempty" jsonschema:"where it came from"`
	Characters int    `json:"characters"`
	Updated    string `json:"updated_at,omitempty"`
}

func (t tools) list(ctx context.Context, in listIn) (out listOut, err error) {
	limit, err := within("limit", in.Limit, 1, 100, 20)
	if err != nil {
		return out, err
	}
	page, err := t.API.Documents(ctx, client.DocumentFilter{Name: in.Name, Origin: in.Origin, List: client.List{Limit: limit, Cursor: in.Cursor}})
	out = listOut{Documents: make([]described, len(page.Documents)), NextCursor: shown(page.NextCursor)}
	for i, d := range page.Documents {
		out.Documents[i] = describe(d)
	}
	return out, err
}

// maxName bounds the characters of what a document is called and where it came from.
const maxName = 300

func describe(d wire.Document) described {
	title, _ := d.Metadata.Get("title").(string)
	out := described{
		DocumentID: d.DocumentID, Name: short(shown(d.SourceName), maxName), Title: short(title, maxName), Type: d.ContentType,
		Origin: short(shown(d.Origin), maxName), Characters: d.ContentLength,
	}
	if d.UpdatedAt != nil {
		out.Updated = d.UpdatedAt.UTC().Format("2006-01-02T15:04:05Z")
	}
	return out
}
