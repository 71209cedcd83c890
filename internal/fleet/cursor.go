package fleet

import (
	"encoding/base64"
	"encoding/json"
	"math"
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

// maxCursor is more than the longest id makes, each byte escaped to six.
const maxCursor = 2048

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
	if s == "" {
		return c, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil || len(s) > maxCursor {
		return Cursor{}, ErrCursor
	}
	return c, nil
}

func (c Cursor) String() string {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // a number and a string can be encoded
	}
	return base64.RawURLEncoding.EncodeToString(text)
}
