package api

import (
	"context"
	"strings"

	"morag/internal/content"
	"morag/internal/document"
	"morag/internal/ingest"
	"morag/internal/transcript"
	"morag/internal/wire"
)

type correction struct {
	documentPath
	Match string          `header:"If-Match" doc:"the version of the document that the caller has seen, as it is or in quotes; * for whichever there is"`
	Body  wire.Correction `body:""`
}

// version is the one that is asked for, "" for any.
func (in correction) version() (string, error) {
	match := strings.TrimSpace(in.Match)
	switch match {
	case "":
		return "", invalid("the header If-Match is missing: it has the document's version")
	case "*":
		return "", nil
	}
	return strings.Trim(match, `"`), nil
}

func (s *Server) correctSegments(ctx context.Context, c *call, in correction) (out wire.Corrected, err error) {
	if _, err := s.Library.Get(ctx, c.scope(), in.ref()); err != nil {
		return out, err
	}
	version, err := in.version()
	if err != nil {
		return out, err
	}
	wish := ingest.Correction{Version: version, Correction: transcript.Correction{Speakers: in.Body.Speakers}}
	for _, change := range in.Body.Changes {
		wish.Changes = append(wish.Changes, transcript.Change(change))
	}
	done, err := s.Ingest.Correct(ctx, c.scope(), func(ctx context.Context) (*document.Document, []content.Segment, error) {
		return s.Library.Segments(ctx, c.scope(), in.ref())
	}, wish)
	if err != nil {
		return out, err
	}
	c.noteForAudit("changed", done.Changed)
	return wire.Corrected{
		DocumentID: done.Document.ID, Version: done.Document.Version, Changed: done.Changed, ChunkCount: done.Document.ChunkCount, Warnings: done.Warnings,
	}, nil
}
