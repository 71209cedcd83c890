package document

import (
	"encoding/base64"
	"encoding/json"
	"math"
)

// Cursor is a place in a list, after the document that it names. Its text is opaque to
// clients.
type Cursor struct {
	Created int64  `json:"c"` // microseconds since 1970
	Owner   string `json:"o"`
	ID      string `json:"i"`
}

// maxCursor is more than the longest owner and id make.
const maxCursor = 2048

// After is the cursor after d.
func After(d *Document) Cursor { return Cursor{d.CreatedAt.UnixMicro(), d.Owner, d.ID} }

// ParseCursor reads what [Cursor.String] made; "" is the place before all. [ErrCursor].
func ParseCursor(s string) (Cursor, error) {
	c := Cursor{Created: math.MaxInt64}
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
		panic(err) // a number and two strings can be encoded
	}
	return base64.RawURLEncoding.EncodeToString(text)
}
