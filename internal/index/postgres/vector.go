package postgres

import (
	"context"
	"fmt"

	"morag/internal/index/row"
)

// vectorsOf reads the vectors of chunks.
func (x *Index) vectorsOf(ctx context.Context, ids []int64, each func(id int64, v []float32)) error {
	rows, err := x.db.Query(ctx, `SELECT id, vector FROM index_chunk WHERE id = ANY ($1::bigint[])`, ids)
	if err != nil {
		return err
	}
	defer rows.Close()
	v := make([]float32, x.dimension)
	for rows.Next() {
		var id int64
		var blob []byte
		if err := rows.Scan(&id, &blob); err != nil {
			return err
		}
		if err := row.DecodeVector(v, blob); err != nil {
			return fmt.Errorf("chunk %d: %w", id, err)
		}
		each(id, v)
	}
	return rows.Err()
}
