package document

import (
	"context"

	"morag/internal/blob"
)

// Transactor runs fn in one transaction that every store called with its ctx joins.
type Transactor interface {
	Write(ctx context.Context, fn func(ctx context.Context) error) error
}

// Referring is a [Store] whose every change says, in its own transaction, which blob the
// document uses: the source and the pictures that are kept with it.
type Referring struct {
	Store
	DB         Transactor
	References blob.References
}

// Refer says what a document uses.
func (s *Referring) Refer(ctx context.Context, d *Document) error {
	return s.References.Refer(ctx, user(d.Owner, d.ID), 0, append([]string{d.SourceRef}, d.Thumbnails...)...)
}

func user(owner, id string) string { return "document:" + owner + "/" + id }

// Replace implements [Store].
func (s *Referring) Replace(ctx context.Context, doc Document) (old *Document, err error) {
	err = s.DB.Write(ctx, func(ctx context.Context) error {
		if old, err = s.Store.Replace(ctx, doc); err != nil {
			return err
		}
		return s.Refer(ctx, &doc)
	})
	return old, err
}

// Delete implements [Store].
func (s *Referring) Delete(ctx context.Context, owner, id string) (old *Document, err error) {
	err = s.DB.Write(ctx, func(ctx context.Context) error {
		if old, err = s.Store.Delete(ctx, owner, id); err != nil {
			return err
		}
		return s.References.Refer(ctx, user(owner, id), 0)
	})
	return old, err
}
