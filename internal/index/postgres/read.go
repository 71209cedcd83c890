package postgres

import (
	"context"

	"morag/internal/index"
	"morag/internal/index/row"
)

// Read implements [index.Index].
func (x *Index) Read(ctx context.Context, found []index.Found) ([]index.Hit, error) {
	if len(found) == 0 {
		return nil, ctx.Err()
	}
	hits, err := x.read(ctx, found)
	return hits, fault("read chunks", err)
}

func (x *Index) read(ctx context.Context, found []index.Found) ([]index.Hit, error) {
	rows, err := x.db.Query(ctx, `SELECT `+row.HitColumns+`
		FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (id, place) JOIN index_chunk c ON c.id = asked.id
		JOIN index_version v ON v.id = c.version ORDER BY asked.place`, row.IDs(found))
	return row.ReadHits(rows, err, found)
}

// Fields implements [index.Index].
func (x *Index) Fields(ctx context.Context, versions []int64, keys []string) ([]map[string]any, error) {
	fields, err := x.fields(ctx, versions, keys)
	return fields, fault("read metadata", err)
}

func (x *Index) fields(ctx context.Context, versions []int64, keys []string) ([]map[string]any, error) {
	rows, err := x.db.Query(ctx, `SELECT `+row.FieldColumns+`
		FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (id, place) JOIN index_version v ON v.id = asked.id ORDER BY asked.place`, versions)
	return row.ReadFields(rows, err, keys)
}
