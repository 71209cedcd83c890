package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
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
		if err := decodeVector(v, blob); err != nil {
			return fmt.Errorf("chunk %d: %w", id, err)
		}
		each(id, v)
	}
	return rows.Err()
}

func encodeVector(v []float32) []byte {
	blob := make([]byte, 0, 4*len(v))
	for _, number := range v {
		blob = binary.LittleEndian.AppendUint32(blob, math.Float32bits(number))
	}
	return blob
}

func decodeVector(v []float32, blob []byte) error {
	if len(blob) != 4*len(v) {
		return fmt.Errorf("vector of %d bytes, not %d", len(blob), 4*len(v))
	}
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(blob[4*i:]))
	}
	return nil
}
