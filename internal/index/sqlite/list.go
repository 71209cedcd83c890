package sqlite

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"

	"morag/internal/index"
)

// maxPage bounds what one page holds in memory.
const maxPage = 1000

// cursor is the last document of a page.
type cursor struct {
	Created int64  `json:"c"` // microseconds since 1970
	Owner   string `json:"o"`
	ID      string `json:"i"`
}

func (c cursor) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // a number and two strings can be encoded
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// maxCursor is more than the longest owner and id make.
const maxCursor = 2048

func parseCursor(s string) (c cursor, err error) {
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil || len(s) > maxCursor {
		return cursor{}, index.ErrCursor
	}
	return c, nil
}

// List implements [index.Index]; a limit below 1 is taken for 1, one over 1000 for 1000.
func (x *Index) List(ctx context.Context, s index.Scope, limit int, after string) ([]*index.Document, string, error) {
	documents, next, err := x.list(ctx, s, max(1, min(limit, maxPage)), after)
	if err != nil {
		return nil, "", fmt.Errorf("list documents: %w", err)
	}
	return documents, next, nil
}

func (x *Index) list(ctx context.Context, s index.Scope, limit int, after string) ([]*index.Document, string, error) {
	c := cursor{Created: math.MaxInt64} // before all
	if after != "" {
		var err error
		if c, err = parseCursor(after); err != nil {
			return nil, "", err
		}
	}
	where, args := `WHERE (d.created, d.owner, d.id) < (?1, ?2, ?3)`, []any{c.Created, c.Owner, c.ID, limit + 1}
	if !s.AllOwners {
		where += ` AND d.owner = ?5`
		args = append(args, s.Owner)
	}
	rows, err := x.db.Query(ctx, selectDocument+where+` ORDER BY d.created DESC, d.owner DESC, d.id DESC LIMIT ?4`, args...)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	var documents []*index.Document
	for rows.Next() {
		doc, _, err := scanDocument(rows.Scan)
		if err != nil {
			return nil, "", err
		}
		documents = append(documents, doc)
	}
	if err := rows.Err(); err != nil {
		return nil, "", err
	}
	if len(documents) <= limit {
		return documents, "", nil
	}
	documents = documents[:limit]
	last := documents[limit-1]
	return documents, cursor{last.CreatedAt.UnixMicro(), last.Owner, last.ID}.String(), nil
}
