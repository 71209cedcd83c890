package pgstore

import (
	"context"
	"encoding/json"

	"morag/internal/content"
	"morag/internal/postgres"
)

// putSegments puts the segments of a document in the place of those it had.
func (s *Store) putSegments(ctx context.Context, owner, id string, segments []content.Segment) error {
	if segments == nil {
		_, err := s.db.Exec(ctx, `DELETE FROM document_segment WHERE owner = $1 AND id = $2`, postgres.Text(owner), postgres.Text(id))
		return err
	}
	list, err := json.Marshal(segments)
	if err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, `INSERT INTO document_segment (owner, id, segments) VALUES ($1, $2, $3)
		ON CONFLICT (owner, id) DO UPDATE SET segments = excluded.segments`, postgres.Text(owner), postgres.Text(id), postgres.Text(string(list)))
	return err
}

// Segments implements [document.Store].
func (s *Store) Segments(ctx context.Context, owner, id string) ([]content.Segment, error) {
	var list *string
	err := s.db.QueryRow(ctx, `
		SELECT s.segments FROM document d LEFT JOIN document_segment s ON s.owner = d.owner AND s.id = d.id
		WHERE d.owner = $1 AND d.id = $2`, postgres.Text(owner), postgres.Text(id)).Scan(&list)
	if err != nil || list == nil {
		return nil, fault("segments of document "+id, err)
	}
	var segments []content.Segment
	return segments, fault("segments of document "+id, json.Unmarshal([]byte(*list), &segments))
}
