package pgstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"morag/internal/document"
	"morag/internal/document/column"
	"morag/internal/postgres"
	"morag/internal/sqlrow"
)

// Get implements [document.Store].
func (s *Store) Get(ctx context.Context, owner, id string) (*document.Document, error) {
	doc, err := s.find(ctx, owner, id)
	return doc, fault("get document "+id, err)
}

// Content implements [document.Store].
func (s *Store) Content(ctx context.Context, owner, id string) (text string, err error) {
	err = s.db.QueryRow(ctx, `SELECT content FROM document WHERE owner = $1 AND id = $2`, postgres.Text(owner), postgres.Text(id)).Scan(&text)
	return text, fault("content of document "+id, err)
}

// Thumbnails implements [document.Store].
func (s *Store) Thumbnails(ctx context.Context, owner, id string) ([]string, error) {
	var there bool
	err := s.db.QueryRow(ctx, `SELECT true FROM document WHERE owner = $1 AND id = $2`, postgres.Text(owner), postgres.Text(id)).Scan(&there)
	if err != nil {
		return nil, fault("thumbnails of document "+id, err)
	}
	refs, err := collect(s, ctx, sqlrow.Value[string],
		`SELECT ref FROM document_thumbnail WHERE owner = $1 AND id = $2 ORDER BY place`, postgres.Text(owner), postgres.Text(id))
	return refs, fault("thumbnails of document "+id, err)
}

// Owners implements [document.Store].
func (s *Store) Owners(ctx context.Context, id string) ([]string, error) {
	owners, err := collect(s, ctx, sqlrow.Value[string],
		`SELECT owner FROM document WHERE id = $1 UNION SELECT owner FROM document_duplicate WHERE id = $1 ORDER BY owner`, postgres.Text(id))
	return owners, fault("owners of document "+id, err)
}

// ByChecksum implements [document.Store].
func (s *Store) ByChecksum(ctx context.Context, owner, checksum string) (*document.Document, error) {
	if err := s.db.Lock(ctx, fmt.Sprintf("checksum %q %q", owner, checksum)); err != nil {
		return nil, fault("find document by checksum", err)
	}
	doc, err := column.Scan(s.db.QueryRow(ctx, `
		SELECT `+column.Read+` FROM document WHERE owner = $1 AND checksum = $2 ORDER BY created, id LIMIT 1`, postgres.Text(owner), postgres.Text(checksum)).Scan)
	if errors.Is(err, postgres.ErrNoRows) {
		return nil, nil
	}
	return doc, fault("find document by checksum", err)
}

// ByOrigin implements [document.Store].
func (s *Store) ByOrigin(ctx context.Context, owner, origin string) (*document.Document, error) {
	doc, err := column.Scan(s.db.QueryRow(ctx, `
		SELECT `+column.Read+` FROM document WHERE owner = $1 AND md5(origin) = md5($2) AND origin = $2 AND origin <> '' ORDER BY created DESC, id DESC LIMIT 1`, postgres.Text(owner), postgres.Text(origin)).Scan)
	if errors.Is(err, postgres.ErrNoRows) {
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
	rows, err := s.db.Query(ctx, strings.ReplaceAll(query, "?", "$"), postgres.Values(args)...)
	documents, more, err := sqlrow.Page(rows, err, column.Scan, f.PageSize(), document.PageBytes, func(d *document.Document) int { return len(d.Metadata) })
	if !more {
		return documents, "", fault("list documents", err)
	}
	return documents, f.Order.After(documents[len(documents)-1]).String(), nil
}

// Current implements [document.Store].
func (s *Store) Current(ctx context.Context, versions []string, metadata int) (map[string]document.Summary, error) {
	current := make(map[string]document.Summary, len(versions))
	_, err := collect(s, ctx, func(scan sqlrow.Scan) (d document.Summary, err error) {
		var version string
		var own string
		var size int
		if err := scan(&version, &d.ID, &d.Name, &d.ContentType, &own, &size); err != nil {
			return d, err
		}
		d.Title = title(own)
		switch {
		case size > metadata:
		case own == "null":
			d.Metadata = []byte("{}")
		default:
			d.Metadata = []byte(own)
		}
		current[version] = d
		return d, nil
	}, `WITH found AS (
			SELECT min(asked.place) AS place, d.version FROM unnest($1::text[]) WITH ORDINALITY AS asked (version, place)
			JOIN document d ON d.version = asked.version GROUP BY d.version)
		SELECT d.version, d.id, d.source_name, d.content_type, d.metadata,
			sum(CASE WHEN d.metadata = 'null' THEN 0 ELSE octet_length(d.metadata) END) OVER (ORDER BY found.place)
		FROM found JOIN document d ON d.version = found.version ORDER BY found.place`, postgres.Texts(versions))
	return current, fault("find versions in place", err)
}

// title is what metadata have under that name, if it is text.
func title(metadata string) string {
	var of struct {
		Title any `json:"title"`
	}
	if json.Unmarshal([]byte(metadata), &of) != nil {
		return ""
	}
	text, _ := of.Title.(string)
	return text
}

// collect reads all rows of a query.
func collect[T any](s *Store, ctx context.Context, read func(sqlrow.Scan) (T, error), query string, args ...any) ([]T, error) {
	rows, err := s.db.Query(ctx, query, args...)
	return sqlrow.All(rows, err, read)
}
