package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"morag/internal/index"
)

// maxPostings bounds the work of one search by words, however many chunks there are:
// ranking costs about 5 µs for each chunk that matches. Words are looked up from the
// rarest on until they have that many chunks together; those left out are in so many
// that they tell little.
const maxPostings = 10_000

// Match implements [index.Index]: BM25 over chunks that have any of the words. An n
// over 1000 is taken for 1000.
func (x *Index) Match(ctx context.Context, text string, n int, s index.Scope) ([]index.Hit, error) {
	hits, err := x.match(ctx, text, min(n, maxHits), s)
	if err != nil {
		return nil, fmt.Errorf("search by words: %w", err)
	}
	return hits, nil
}

func (x *Index) match(ctx context.Context, text string, n int, s index.Scope) ([]index.Hit, error) {
	expression, err := x.expression(ctx, text)
	if err != nil || expression == "" || n <= 0 {
		return nil, err
	}
	// FTS5 ranks all matches before it returns the first; what follows is done for
	// one after the other, only until there are enough.
	rows, err := x.db.Query(ctx, selectHit+`, w.rank, v.id, iif(?4, v.metadata, NULL)
		FROM index_word w CROSS JOIN index_chunk c ON c.id = w.rowid
		CROSS JOIN index_version v ON v.id = c.version
		WHERE w.index_word MATCH ?1 AND v.state = 1 AND (?2 OR v.owner = ?3) ORDER BY w.rank`, expression, s.AllOwners, s.Owner, len(s.Filter) > 0)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	passes := decided{filter: s.Filter, versions: make(map[int64]map[string]any)}
	var hits []index.Hit
	for len(hits) < n && rows.Next() {
		var rank float64
		var version int64
		var metadata sql.RawBytes
		_, hit, err := scanHit(rows.Scan, &rank, &version, &metadata)
		if err != nil {
			return nil, err
		}
		pass, err := passes.hit(&hit, version, metadata)
		if err != nil {
			return nil, err
		}
		if hit.Score = -rank; pass {
			hits = append(hits, hit)
		}
	}
	return hits, rows.Err()
}

// posting is a term and in how many chunks it is.
type posting struct {
	term   string
	chunks int
}

// expression is the FTS5 query for the words of text, "" when none is in any chunk.
func (x *Index) expression(ctx context.Context, text string) (string, error) {
	var found []posting
	for _, term := range terms(text) {
		p := posting{term: term}
		err := x.db.QueryRow(ctx, `
			SELECT count(*) FROM (SELECT 1 FROM index_word WHERE index_word MATCH ?1 LIMIT ?2)`, term, maxPostings).
			Scan(&p.chunks)
		if err != nil {
			return "", err
		}
		if p.chunks > 0 {
			found = append(found, p)
		}
	}
	return rarest(found, maxPostings), nil
}

// rarest joins the rarest terms, as many as are in most chunks together, at least one.
func rarest(found []posting, most int) string {
	slices.SortStableFunc(found, func(a, b posting) int { return cmp.Compare(a.chunks, b.chunks) })
	var chosen []string
	sum := 0
	for _, p := range found {
		if sum += p.chunks; sum > most && len(chosen) > 0 {
			break
		}
		chosen = append(chosen, p.term)
	}
	return strings.Join(chosen, " OR ")
}

// maxDecided is of how many versions it is known what they have of a filter's keys.
const maxDecided = 64

// decided decides a filter for one hit after the other. What a version has of the filter's
// keys is decoded once, as long as it is remembered.
type decided struct {
	filter   index.Filter
	versions map[int64]map[string]any
}

func (d decided) hit(h *index.Hit, version int64, metadata []byte) (bool, error) {
	if len(d.filter) == 0 {
		return true, nil
	}
	shared, known := d.versions[version]
	if !known {
		if len(d.versions) == maxDecided {
			clear(d.versions)
		}
		var err error
		if shared, err = fieldsOf(d.filter, &index.Version{}, metadata); err != nil {
			return false, fmt.Errorf("metadata of document %s: %w", h.DocumentID, err)
		}
		d.versions[version] = shared
	}
	return d.filter.Match(shared, h.Own), nil
}
