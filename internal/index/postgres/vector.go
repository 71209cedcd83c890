package postgres

import (
	"context"
	"fmt"

	"morag/internal/index/row"
)

// vectorsOf reads the vectors of chunks.
func (x *Index) vectorsOf(ctx context.Context, m *row.Model, ids []int64, each func(id int64, v []float32)) error {
	query, args := `SELECT id, vector FROM index_chunk WHERE id = ANY ($1::bigint[])`, []any{ids}
	if m.ID != row.FirstModel {
		query, args = `SELECT chunk, vector FROM index_vector WHERE chunk = ANY ($1::bigint[]) AND model = $2`, append(args, m.ID)
	}
	rows, err := x.db.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	v := make([]float32, m.Dimension)
	for rows.Next() {
		var id int64
		var blob []byte
		if err := rows.Scan(&id, &blob); err != nil {
			return err
		}
		if len(blob) == 0 {
			continue // removed since the other model is searched
		}
		if err := row.DecodeVector(v, blob); err != nil {
			return fmt.Errorf("chunk %d: %w", id, err)
		}
		each(id, v)
	}
	return rows.Err()
}
