package sqlite

import (
	"context"
	"fmt"

	"morag/internal/index"
)

var _ index.Sized = (*Index)(nil)

// Size implements [index.Sized].
func (x *Index) Size(ctx context.Context) (versions, chunks int, err error) {
	err = x.db.QueryRow(ctx, "SELECT count(*), coalesce(sum(chunk_count), 0) FROM index_version WHERE state = 1").Scan(&versions, &chunks)
	if err != nil {
		err = fmt.Errorf("size of the index: %w", err)
	}
	return versions, chunks, err
}
