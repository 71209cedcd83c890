package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"morag/internal/index"
	"morag/internal/index/vector"
)

// maxHits bounds what one search holds in memory.
const maxHits = 1000

// Nearest implements [index.Index]; an n over 1000 is taken for 1000.
func (x *Index) Nearest(ctx context.Context, v []float32, n int, s index.Scope) ([]index.Hit, error) {
	hits, err := x.nearest(ctx, v, min(n, maxHits), s)
	if err != nil {
		return nil, fmt.Errorf("search by vector: %w", err)
	}
	return hits, nil
}

func (x *Index) nearest(ctx context.Context, v []float32, n int, s index.Scope) ([]index.Hit, error) {
	if err := x.Ready(); err != nil {
		return nil, err
	}
	if len(v) != x.dimension {
		return nil, fmt.Errorf("%w: the query has %d dimensions, the index %d", index.ErrModel, len(v), x.dimension)
	}
	defer x.readers.enter()()
	snapshot := x.vectors.Snapshot()
	q := vector.Query{Vector: v}
	if !s.AllOwners {
		q.Group = func(_ int64, owner string) bool { return owner == s.Owner }
	}
	if len(s.Filter) > 0 {
		pass, err := x.resolve(ctx, s)
		if err != nil {
			return nil, err
		}
		q.Group, q.Row = pass.version, pass.chunk
	}
	return x.wanted(ctx, n, s, func(n int) ([]found, error) {
		q.N = n
		matches, err := snapshot.Nearest(ctx, q)
		all := make([]found, len(matches))
		for i, m := range matches {
			all[i] = found{m.ID, float64(m.Score)}
		}
		return all, err
	})
}

// found is a chunk before it is read.
type found struct {
	id    int64
	score float64
}

// selectHit reads chunks with what their versions add; scanHit takes its columns.
const selectHit = `
	SELECT c.id, c.position, c.content, c.places, c.metadata, v.owner, v.document, v.name, v.content_type, v.source_name, v.method`

func scanHit(scan func(...any) error, more ...any) (id int64, hit index.Hit, err error) {
	var chunk index.Chunk
	var v index.Version
	var places, own []byte
	into := []any{&id, &chunk.Index, &chunk.Content, &places, &own, &v.Owner, &v.DocumentID, &v.Name, &v.ContentType, &v.SourceName, &v.ProcessingMethod}
	if err := scan(append(into, more...)...); err != nil {
		return 0, hit, err
	}
	if err := json.Unmarshal(own, &chunk.Metadata); err != nil {
		return 0, hit, fmt.Errorf("metadata of chunk %d: %w", id, err)
	}
	if chunk.Places, err = decodePlaces(places); err != nil {
		return 0, hit, fmt.Errorf("places of chunk %d: %w", id, err)
	}
	return id, index.Hit{
		Owner: v.Owner, DocumentID: v.DocumentID, Version: v.Name,
		ChunkIndex: chunk.Index, Content: chunk.Content, Places: chunk.Places, Own: index.OwnMetadata(&v, &chunk),
	}, nil
}

// hits reads the chunks of matches, in their order.
func (x *Index) hits(ctx context.Context, matches []found) ([]index.Hit, error) {
	at := make(map[int64]int, len(matches))
	ids := make([]int64, len(matches))
	for i, m := range matches {
		at[m.id], ids[i] = i, m.id
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := x.db.Query(ctx, selectHit+`
		FROM json_each(?1) j CROSS JOIN index_chunk c ON c.id = j.value CROSS JOIN index_version v ON v.id = c.version`, string(list))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	hits := make([]index.Hit, len(matches))
	read := 0
	for ; rows.Next(); read++ {
		id, hit, err := scanHit(rows.Scan)
		if err != nil {
			return nil, err
		}
		i := at[id]
		hit.Score = matches[i].score
		hits[i] = hit
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if read != len(matches) {
		return nil, fmt.Errorf("%d of %d chunks are missing", len(matches)-read, len(matches))
	}
	return hits, nil
}
