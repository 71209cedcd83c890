package ingest

import (
	"context"
	"errors"

	"morag/internal/auth"
	"morag/internal/document"
	"morag/internal/share"
)

// Place is where the source of a document lies, and its name there; "" leaves either as it is.
type Place struct{ Origin, Name string }

// Relocate says that the source of a document lies at another place now, and returns the
// document, without its parts. With another name it is indexed anew, as a corrected one is,
// since searches find names. look gets the document, without its parts. [ErrOutdated],
// [auth.ErrOthers], [ErrBusy]; whatever fails leaves the document as it was.
func (s *Service) Relocate(ctx context.Context, by auth.Scope, look func(ctx context.Context) (*document.Document, error), to Place) (*document.Document, error) {
	d, err := look(ctx)
	if err != nil {
		return nil, err
	}
	if err := by.Changes(d.Owner); err != nil {
		return nil, err
	}
	if to.Name != "" && to.Name != d.SourceName {
		d, err = s.rename(ctx, d, to)
	} else if to.Origin != "" && to.Origin != d.Origin {
		d, err = s.documents.Relocate(ctx, d.Owner, d.ID, to.Origin)
	}
	if err != nil {
		return nil, err
	}
	s.log.Info("document relocated", "document_id", d.ID, "content_type", d.ContentType)
	return d, nil
}

// rename has d have another name, and another place if there is one.
func (s *Service) rename(ctx context.Context, d *document.Document, to Place) (*document.Document, error) {
	free, err := s.places.Take(ctx, d.Owner)
	if errors.Is(err, share.ErrFull) {
		err = ErrBusy
	}
	if err != nil {
		return nil, err
	}
	defer free()
	next := *d
	next.SourceName = to.Name
	if to.Origin != "" {
		next.Origin = to.Origin
	}
	if next.Content, err = s.documents.Content(ctx, d.Owner, d.ID); err != nil {
		return nil, err
	}
	if next.Segments, err = s.documents.Segments(ctx, d.Owner, d.ID); err != nil {
		return nil, err
	}
	return s.reissue(ctx, d, next)
}
