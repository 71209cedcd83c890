package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"morag/internal/wire"
)

type documentsCorrectCmd struct {
	server
	ID      string            `arg:"" help:"Id of the document, or its beginning."`
	Rename  map[string]string `mapsep:"none" placeholder:"OLD=NEW" help:"Call a speaker so wherever one speaks; more than once for several."`
	Text    map[int]string    `mapsep:"none" placeholder:"INDEX=TEXT" help:"What the segment of that index says, as 'documents export --format json' counts them; more than once for several."`
	Speaker map[int]string    `mapsep:"none" placeholder:"INDEX=NAME" help:"Who says the segment of that index; nothing after the = for nobody known."`
}

// Run corrects the document as it is when it is looked at: a change by somebody else
// between that and the correction is refused by the server.
func (c *documentsCorrectCmd) Run(ctx context.Context, std streams) error {
	if len(c.Rename)+len(c.Text)+len(c.Speaker) == 0 {
		return usageError{errors.New("nothing to correct: give --rename, --text or --speaker")}
	}
	api, id, err := c.named(ctx, documents, c.ID)
	if err != nil {
		return err
	}
	d, err := api.Document(ctx, id)
	if err != nil {
		return err
	}
	done, err := api.CorrectSegments(ctx, id, d.Version, c.correction())
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, done)
	}
	for _, w := range done.Warnings {
		if _, err := fmt.Fprintf(std.err, "warning: %s\n", oneLine(w)); err != nil {
			return err
		}
	}
	if done.Changed == 0 {
		_, err = fmt.Fprintf(std.out, "document %s has all of that already\n", oneLine(id))
		return err
	}
	_, err = fmt.Fprintf(std.out, "document %s: segments changed: %d\n", oneLine(id), done.Changed)
	return err
}

func (c *documentsCorrectCmd) correction() wire.Correction {
	out := wire.Correction{Speakers: c.Rename}
	for _, i := range slices.Sorted(maps.Keys(c.Text)) {
		out.Changes = append(out.Changes, wire.SegmentChange{Index: i, Text: new(c.Text[i])})
	}
	for _, i := range slices.Sorted(maps.Keys(c.Speaker)) {
		out.Changes = append(out.Changes, wire.SegmentChange{Index: i, Speaker: new(c.Speaker[i])})
	}
	return out
}
