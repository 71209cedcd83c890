package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"morag/internal/index"
	"morag/internal/index/row"
	"morag/internal/sqlrow"
)

// resolve decides the filter for every version of the scope; nil without a filter.
func (x *Index) resolve(ctx context.Context, s index.Scope) (row.Allowed, error) {
	if len(s.Filter) == 0 {
		return nil, nil
	}
	ids, err := x.candidates(ctx, s)
	if err != nil {
		return nil, err
	}
	f := row.Filter[sql.RawBytes]{
		Filter: s.Filter,
		Versions: func(ids []int64) (sqlrow.Rows, error) {
			list, err := json.Marshal(ids)
			if err != nil {
				return nil, err
			}
			return x.db.Query(ctx, `SELECT `+row.VersionColumns+` FROM json_each(?1) j CROSS JOIN index_version v ON v.id = j.value`, string(list))
		},
		Chunks: func(version int64) (sqlrow.Rows, error) {
			return x.db.Query(ctx, `SELECT id, position, size, metadata FROM index_chunk WHERE version = ?1`, version)
		},
	}
	return f.Resolve(ids)
}

// candidates are the versions of the scope, by what SQLite can tell.
func (x *Index) candidates(ctx context.Context, s index.Scope) ([]int64, error) {
	query, args := `SELECT id FROM index_version WHERE state > 0 AND `, []any{nil}
	if s.AllOwners {
		query += `true`
	} else {
		query += `owner = ?1`
		args[0] = s.Owner
	}
	for _, pushed := range row.PushedDown {
		values, asked := s.Filter.AnyOf(pushed.Key)
		if !asked {
			continue
		}
		list, err := json.Marshal(values)
		if err != nil {
			return nil, err
		}
		args = append(args, string(list))
		query += fmt.Sprintf(` AND %s IN (SELECT value FROM json_each(?%d))`, pushed.Column, len(args))
	}
	return x.numbers(ctx, query, args...)
}
