package postgres

import (
	"context"
	"errors"
	"fmt"

	"morag/internal/index"
	"morag/internal/index/row"
	"morag/internal/postgres"
)

// Chunks implements [index.Index].
func (x *Index) Chunks(ctx context.Context, version string, from, n int) ([]index.Chunk, error) {
	defer x.readers.Enter()()
	chunks, err := x.chunks(ctx, version, from, n)
	return chunks, fault("chunks of version "+version, err)
}

func (x *Index) chunks(ctx context.Context, version string, from, n int) ([]index.Chunk, error) {
	var id int64
	err := x.db.QueryRow(ctx, `SELECT id FROM index_version WHERE name = $1`, postgres.Text(version)).Scan(&id)
	if errors.Is(err, postgres.ErrNoRows) {
		err = index.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	rows, err := x.db.Query(ctx, `
		SELECT position, content, metadata FROM index_chunk
		WHERE version = $1 AND position >= $2 ORDER BY position LIMIT $3`, id, from, max(n, 0))
	return row.ReadPage(rows, err)
}

// fault adds to a database's error what was being done and the port's sentinel.
func fault(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, postgres.ErrNoSpace):
		return fmt.Errorf("%s: %w: %w", doing, index.ErrNoSpace, err)
	case errors.Is(err, postgres.ErrUnavailable), errors.Is(err, postgres.ErrClosed):
		return fmt.Errorf("%s: %w: %w", doing, index.ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
