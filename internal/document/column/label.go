package column

import (
	"context"

	"morag/internal/document"
)

// Label has put write the labels of all documents of a store, a page at a time: those that
// came before labels were kept have none.
func Label(ctx context.Context, s document.Store, put func(context.Context, []*document.Document) error) error {
	for f := (document.Filter{AllOwners: true, Limit: 1000}); ; {
		page, next, err := s.List(ctx, f)
		if err != nil {
			return err
		}
		if err := put(ctx, page); err != nil || next == "" {
			return err
		}
		f.Cursor = next
	}
}
