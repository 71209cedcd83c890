package sqlitestore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"morag/internal/document"
	"morag/internal/document/column"
	"morag/internal/sqlrow"
)

// Get implements [document.Store].
func (s *Store) Get(ctx context.Context, owner, id string) (*document.Document, error) {
	doc, err := s.find(ctx, owner, id)
	return doc, fault("get document "+id, err)
}

// Content implements [document.Store].
func (s *Store) Content(ctx context.Context, owner, id string) (text string, err error) {
	err = s.db.QueryRow(ctx, `SELECT content FROM document WHERE owner = ?1 AND id = ?2`, owner, id).Scan(&text)
	return text, fault("content of document "+id, err)
}

// Thumbnails implements [document.Store].
func (s *Store) Thumbnails(ctx context.Context, owner, id string) ([]string, error) {
	var there bool
	err := s.db.QueryRow(ctx, `SELECT true FROM document WHERE owner = ?1 AND id = ?2`, owner, id).Scan(&there)
	if err != nil {
		return nil, fault("thumbnails of document "+id, err)
	}
	refs, err := collect(s, ctx, sqlrow.Value[string],
		`SELECT ref FROM document_thumbnail WHERE owner = ?1 AND id = ?2 ORDER BY place`, owner, id)
	return refs, fault("thumbnails of document "+id, err)
}

// Owners implements [document.Store].
func (s *Store) Owners(ctx context.Context, id string) ([]string, error) {
	owners, err := collect(s, ctx, sqlrow.Value[string],
		`SELECT owner FROM document WHERE id = ?1 UNION SELECT owner FROM document_duplicate WHERE id = ?1 ORDER BY owner`, id)
	return owners, fault("owners of document "+id, err)
}

// ByChecksum implements [document.Store].
func (s *Store) ByChecksum(ctx context.Context, owner, checksum string) (*document.Document, error) {
	doc, err := column.Scan(s.db.QueryRow(ctx, `
		SELECT `+column.Read+` FROM document WHERE owner = ?1 AND checksum = ?2 ORDER BY created, id LIMIT 1`, owner, checksum).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return doc, fault("find document by checksum", err)
}

// ByOrigin implements [document.Store].
func (s *Store) ByOrigin(ctx context.Context, owner, origin string) (*document.Document, error) {
	doc, err := column.Scan(s.db.QueryRow(ctx, `
		SELECT `+column.Read+` FROM document WHERE owner = ?1 AND origin = ?2 AND origin <> '' ORDER BY created DESC, id DESC LIMIT 1`, owner, origin).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return doc, fault("find document by origin", err)
}

// List implements [document.Store].
func (s *Store) List(ctx context.Context, f document.Filter) ([]*document.Document, string, error) {
	query, args, err := column.List(f)
	if err != nil {
		return nil, "", fault("list documents", err)
	}
	rows, err := s.db.Query(ctx, query, args...)
	documents, more, err := sqlrow.Page(rows, err, column.Scan, f.PageSize(), document.PageBytes, func(d *document.Document) int { return len(d.Metadata) })
	if !more {
		return documents, "", fault("list documents", err)
	}
	return documents, f.Order.After(documents[len(documents)-1]).String(), nil
}

// Current implements [document.Store].
func (s *Store) Current(ctx context.Context, versions []string, metadata int) (map[string]document.Summary, error) {
	list, err := json.Marshal(versions)
	if err != nil {
		return nil, err
	}
	current := make(map[string]document.Summary, len(versions))
	_, err = collect(s, ctx, func(scan sqlrow.Scan) (d document.Summary, err error) {
		var version string
		var own []byte
		err = scan(&version, &d.ID, &d.Name, &d.ContentType, &d.Title, &own)
		d.Metadata = own
		current[version] = d
		return d, err
	}, `WITH found AS MATERIALIZED (
			SELECT version, sum(size) OVER (ORDER BY place) AS size
			FROM (
				SELECT min(v.key) AS place, d.version, iif(d.metadata = 'null', 0, octet_length(d.metadata)) AS size
				FROM json_each(?1) v CROSS JOIN document d ON d.version = v.value GROUP BY d.version))
		SELECT d.version, d.id, d.source_name, d.content_type,
			iif(json_type(d.metadata, '$.title') = 'text', d.metadata ->> '$.title', ''), iif(f.size > ?2, NULL, iif(d.metadata = 'null', '{}', d.metadata))
		FROM found f CROSS JOIN document d ON d.version = f.version`, string(list), metadata)
	return current, fault("find versions in place", err)
}

// collect reads all rows of a query.
func collect[T any](s *Store, ctx context.Context, read func(sqlrow.Scan) (T, error), query string, args ...any) ([]T, error) {
	rows, err := s.db.Query(ctx, query, args...)
	return sqlrow.All(rows, err, read)
}
