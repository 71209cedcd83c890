package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"

	"morag/internal/content"
)

// putSegments puts the segments of a document in the place of those it had.
func (s *Store) putSegments(ctx context.Context, owner, id string, segments []content.Segment) error {
	if segments == nil {
		_, err := s.db.Exec(ctx, `DELETE FROM document_segment WHERE owner = ?1 AND id = ?2`, owner, id)
		return err
	}
	list, err := json.Marshal(segments)
	if err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, `INSERT OR REPLACE INTO document_segment (owner, id, segments) VALUES (?1, ?2, ?3)`, owner, id, string(list))
	return err
}

// Segments implements [document.Store].
func (s *Store) Segments(ctx context.Context, owner, id string) ([]content.Segment, error) {
	var list sql.NullString
	err := s.db.QueryRow(ctx, `
		SELECT s.segments FROM document d LEFT JOIN document_segment s ON s.owner = d.owner AND s.id = d.id
		WHERE d.owner = ?1 AND d.id = ?2`, owner, id).Scan(&list)
	if err != nil || !list.Valid {
		return nil, fault("segments of document "+id, err)
	}
	var segments []content.Segment
	return segments, fault("segments of document "+id, json.Unmarshal([]byte(list.String), &segments))
}
