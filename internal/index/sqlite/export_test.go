package sqlite

import (
	"cmp"
	"context"
	"math"
	"slices"

	"morag/internal/index/row"
)

// Save is what goes on in the background when enough has been added.
func (x *Index) Save(ctx context.Context) error { return x.save(ctx) }

// Row is a chunk of [Index.Insert].
type Row struct {
	Content string
	Vector  []float32
}

// Insert writes the rows of a version that is shown, in the transaction of ctx, for the next
// start.
func (x *Index) Insert(ctx context.Context, name string, chunks []Row) error {
	var version int64
	err := x.db.QueryRow(ctx, `INSERT INTO index_version (name, owner, document, chunk_count, state) VALUES (?1, '', ?1, ?2, 1) RETURNING id`,
		name, len(chunks)).Scan(&version)
	if err != nil {
		return err
	}
	for i, c := range chunks {
		_, err := x.db.Exec(ctx, `INSERT INTO index_chunk (version, position, size, metadata, content, vector) VALUES (?1, ?2, ?3, '{}', ?4, ?5)`,
			version, i, len(c.Content), c.Content, row.EncodeVector(c.Vector))
		if err != nil {
			return err
		}
	}
	return nil
}

// Exact is the n nearest chunks to each of the queries by the definition, read from the rows.
func (x *Index) Exact(ctx context.Context, queries [][]float32, n int) [][]int64 {
	type scored struct {
		id    int64
		score float64
	}
	best := make([][]scored, len(queries))
	var ids []int64
	score := func(id int64, v []float32) {
		for i, q := range queries {
			var product, squares float64
			for j := range v {
				product += float64(v[j]) * float64(q[j])
				squares += float64(v[j]) * float64(v[j])
			}
			best[i] = append(best[i], scored{id, product / math.Sqrt(squares)})
			if len(best[i]) > 1000 {
				slices.SortFunc(best[i], func(a, b scored) int { return cmp.Compare(b.score, a.score) })
				best[i] = best[i][:n]
			}
		}
	}
	var last int64
	if err := x.db.QueryRow(ctx, `SELECT max(id) FROM index_chunk`).Scan(&last); err != nil {
		panic(err)
	}
	for id := int64(1); id <= last; id++ {
		if ids = append(ids, id); len(ids) == 10_000 || id == last {
			if err := x.vectorsOf(ctx, x.used.Load(), ids, score); err != nil {
				panic(err)
			}
			ids = ids[:0]
		}
	}
	all := make([][]int64, len(queries))
	for i := range best {
		slices.SortFunc(best[i], func(a, b scored) int { return cmp.Compare(b.score, a.score) })
		for _, s := range best[i][:min(n, len(best[i]))] {
			all[i] = append(all[i], s.id)
		}
	}
	return all
}
