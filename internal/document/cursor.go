package document

import (
	"math"

	"morag/internal/cursor"
)

// Cursor is a place in a list, after the document that it names. Its text is opaque to
// clients.
type Cursor struct {
	Created int64  `json:"c"` // microseconds since 1970
	Owner   string `json:"o"`
	ID      string `json:"i"`
}

// After is the cursor after d.
func After(d *Document) Cursor { return Cursor{d.CreatedAt.UnixMicro(), d.Owner, d.ID} }

// ParseCursor reads what [Cursor.String] made; "" is the place before all. [ErrCursor].
func ParseCursor(s string) (Cursor, error) {
	c := Cursor{Created: math.MaxInt64}
	if s != "" && !cursor.Read(s, &c) {
		return Cursor{}, ErrCursor
	}
	return c, nil
}

func (c Cursor) String() string { return cursor.Text(c) }
