package sqlite

import (
	"context"
	"encoding/json"

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
	list, err := json.Marshal(row.IDs(found))
	if err != nil {
		return nil, err
	}
	rows, err := x.db.Query(ctx, `SELECT `+row.HitColumns+`
		FROM json_each(?1) j CROSS JOIN index_chunk c ON c.id = j.value CROSS JOIN index_version v ON v.id = c.version`, string(list))
	return row.ReadHits(rows, err, found)
}

// Fields implements [index.Index].
func (x *Index) Fields(ctx context.Context, versions []int64, keys []string) ([]map[string]any, error) {
	fields, err := x.fields(ctx, versions, keys)
	return fields, fault("read metadata", err)
}

func (x *Index) fields(ctx context.Context, versions []int64, keys []string) ([]map[string]any, error) {
	list, err := json.Marshal(versions)
	if err != nil {
		return nil, err
	}
	rows, err := x.db.Query(ctx, `SELECT `+row.FieldColumns+` FROM json_each(?1) j CROSS JOIN index_version v ON v.id = j.value`, string(list))
	return row.ReadFields(rows, err, keys)
}
