package postgres

import (
	"context"
	"fmt"

	"morag/internal/index"
	"morag/internal/index/row"
	"morag/internal/postgres"
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
	f := row.Filter[[]byte]{
		Filter: s.Filter,
		Versions: func(ids []int64) (sqlrow.Rows, error) {
			return x.db.Query(ctx, `SELECT `+row.VersionColumns+` FROM index_version v WHERE v.id = ANY ($1::bigint[])`, ids)
		},
		Chunks: func(version int64) (sqlrow.Rows, error) {
			return x.db.Query(ctx, `SELECT id, position, size, metadata FROM index_chunk WHERE version = $1`, version)
		},
	}
	return f.Resolve(ids)
}

// candidates are the versions of the scope, by what PostgreSQL can tell.
func (x *Index) candidates(ctx context.Context, s index.Scope) ([]int64, error) {
	query, args := `SELECT id FROM index_version WHERE state > 0`, []any{}
	if !s.AllOwners {
		query += ` AND owner = $1`
		args = append(args, postgres.Text(s.Owner))
	}
	for _, pushed := range row.PushedDown {
		values, asked := s.Filter.AnyOf(pushed.Key)
		if !asked {
			continue
		}
		args = append(args, postgres.Texts(values))
		query += fmt.Sprintf(` AND %s = ANY ($%d::text[])`, pushed.Column, len(args))
	}
	return x.numbers(ctx, query, args...)
}
