package fleet

import (
	"math"

	"morag/internal/cursor"
)

// Page is a part of a list; the zero value is all of it.
type Page struct {
	Limit  int    // at most so many, 0 for all
	Cursor string // where the page before ended, "" for the beginning
}

// Cursor is a place in the list of workers, after the one that it names. Its text is
// opaque to clients.
type Cursor struct {
	Seen int64  `json:"s"` // microseconds since 1970
	ID   string `json:"i"`
}

// After is the cursor after w.
func After(w *Worker) Cursor {
	if w.LastSeen.IsZero() {
		return Cursor{ID: w.ID}
	}
	return Cursor{w.LastSeen.UnixMicro(), w.ID}
}

// Before tells whether c comes before d in the list.
func (c Cursor) Before(d Cursor) bool { return c.Seen > d.Seen || c.Seen == d.Seen && c.ID < d.ID }

// ParseCursor reads what [Cursor.String] made; "" is the place before all. [ErrCursor].
func ParseCursor(s string) (Cursor, error) {
	c := Cursor{Seen: math.MaxInt64}
	if s != "" && !cursor.Read(s, &c) {
		return Cursor{}, ErrCursor
	}
	return c, nil
}

func (c Cursor) String() string { return cursor.Text(c) }
