package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"morag/internal/wire"
)

type searchCmd struct {
	server
	Query   []string       `arg:"" help:"What to look for."`
	Limit   int            `default:"10" min:"1" max:"100" help:"How many hits, at most 100."`
	Filters map[string]any `type:"object" placeholder:"JSON" help:"Only what has these metadata, a JSON object; also document_id, source_name, source_type and processing_method."`
}

func (c *searchCmd) Run(ctx context.Context, std streams) error {
	in := wire.Search{Query: strings.Join(c.Query, " "), Limit: &c.Limit, Filters: c.Filters}
	api, err := c.client()
	if err != nil {
		return err
	}
	found, err := api.Search(ctx, in)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, found)
	}
	for _, w := range found.Warnings {
		fmt.Fprintf(std.err, "warning: %s\n", oneLine(w))
	}
	if len(found.Results) == 0 {
		_, err := fmt.Fprintln(std.out, "nothing found")
		return err
	}
	ids := make([]string, len(found.Results))
	for i, h := range found.Results {
		ids[i] = h.DocumentID
	}
	short := shorten(ids)
	for i, h := range found.Results {
		if _, err := fmt.Fprintf(std.out, "%d. %s%s, score %.4f\n   %s\n", i+1, source(h, short), place(h.Metadata), h.Score, excerpt(h.Content)); err != nil {
			return err
		}
	}
	return nil
}

// source says what a hit is of: the name and title of the document, its type, and the id
// that other commands take. An older server names nothing but the id.
func source(h wire.Hit, short func(string) string) string {
	var named []string
	if name := h.Document.Name; name != nil && *name != "" {
		named = append(named, oneLine(*name))
	}
	if title := h.Document.Title; title != nil && *title != "" {
		named = append(named, "“"+oneLine(*title)+"”")
	}
	contentType := cmp.Or(h.Document.ContentType, "document")
	if len(named) == 0 {
		return contentType + " " + short(h.DocumentID)
	}
	return fmt.Sprintf("%s (%s %s)", strings.Join(named, ", "), contentType, short(h.DocumentID))
}

// place says where in its document a hit is.
func place(metadata wire.Object) string {
	if start, ok := metadata.Get("start").(float64); ok {
		s := int(start)
		return fmt.Sprintf(", at %02d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	if page, ok := metadata.Get("page").(float64); ok {
		return fmt.Sprintf(", page %d", int(page))
	}
	return ""
}

// excerptLength is how many characters of a hit are shown.
const excerptLength = 300

func excerpt(s string) string {
	runes := []rune(strings.Join(strings.Fields(oneLine(s)), " "))
	if len(runes) > excerptLength {
		return string(runes[:excerptLength]) + "…"
	}
	return string(runes)
}
