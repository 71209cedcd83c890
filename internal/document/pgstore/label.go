package pgstore

import (
	"context"
	"strings"

	"morag/internal/document/column"
	"morag/internal/postgres"
)

func (s *Store) labels() column.Labels {
	return column.Labels{Write: s.db.Write, Exec: func(ctx context.Context, statement string, args ...any) error {
		_, err := s.db.Exec(ctx, strings.ReplaceAll(statement, "?", "$"), postgres.Values(args)...)
		return err
	}}
}

// label gives their labels to documents that were stored before there were any.
func (s *Store) label(ctx context.Context) error {
	var all bool
	err := s.db.QueryRow(ctx, column.AllLabelled).Scan(&all)
	if err == nil && !all {
		err = s.labels().Add(ctx, s)
	}
	return fault("label documents", err)
}
