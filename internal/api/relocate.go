package api

import (
	"context"

	"morag/internal/document"
	"morag/internal/ingest"
	"morag/internal/wire"
)

type relocation struct {
	documentPath
	Body wire.DocumentPlace `body:""`
}

// maxOrigin is how long the place of a source may be, in bytes, as of an ingestion.
const maxOrigin = 4096

func (in relocation) check() error {
	if in.Body.Origin != nil && len(*in.Body.Origin) > maxOrigin {
		return invalid("origin must have at most %d bytes", maxOrigin)
	}
	if in.Body.SourceName != nil && cleanName(*in.Body.SourceName) == "" {
		return invalid("source_name must be the name of a file")
	}
	return nil
}

func (s *Server) relocateDocument(ctx context.Context, c *call, in relocation) (wire.Document, error) {
	var to ingest.Place
	if in.Body.Origin != nil {
		to.Origin = *in.Body.Origin
	}
	if in.Body.SourceName != nil {
		to.Name = cleanName(*in.Body.SourceName)
	}
	return c.document(s.Ingest.Relocate(ctx, c.scope(), func(ctx context.Context) (*document.Document, error) {
		return s.Library.Get(ctx, c.scope(), in.ref())
	}, to))
}
