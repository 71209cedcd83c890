package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"morag/internal/index/row"
)

// vectorsOf reads the vectors of chunks.
func (x *Index) vectorsOf(ctx context.Context, m *row.Model, ids []int64, each func(id int64, v []float32)) error {
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	query := `SELECT c.id, c.vector FROM json_each(?1) j CROSS JOIN index_chunk c ON c.id = j.value`
	if m.ID != row.FirstModel {
		query = `SELECT v.chunk, v.vector FROM json_each(?1) j CROSS JOIN index_vector v ON v.chunk = j.value AND v.model = ?2`
	}
	rows, err := x.db.Query(ctx, query, string(list), m.ID)
	if err != nil {
		return err
	}
	defer rows.Close()
	v := make([]float32, m.Dimension)
	for rows.Next() {
		var id int64
		var blob sql.RawBytes
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

// putVector stores the vector of a chunk that is new or was changed, in the transaction of
// ctx. Those that other models have made are no longer right.
func (x *Index) putVector(ctx context.Context, m *row.Model, chunk int64, v []float32) error {
	if err := x.exec(ctx, `DELETE FROM index_vector WHERE chunk = ?1`, chunk); err != nil || m.ID == row.FirstModel {
		return err // the first model's is with the chunk
	}
	return x.exec(ctx, `INSERT INTO index_vector (chunk, model, vector) VALUES (?1, ?2, ?3)`, chunk, m.ID, row.EncodeVector(v))
}

// with is what is stored of a vector with its chunk.
func with(m *row.Model, v []float32) []byte {
	if m.ID == row.FirstModel {
		return row.EncodeVector(v)
	}
	return []byte{}
}
