package document

import (
	"cmp"
	"fmt"
	"math"

	"morag/internal/cursor"
)

// Cursor is a place in a list, after the document that it names. Its text is opaque to
// clients.
type Cursor struct {
	Order   Order  `json:"s,omitempty"`
	Created int64  `json:"c"`           // microseconds since 1970, 0 in the order ByName
	Label   string `json:"l,omitempty"` // in the order ByName
	Owner   string `json:"o"`
	ID      string `json:"i"`
}

// After is the cursor after d in a list of this order.
func (o Order) After(d *Document) Cursor {
	c := Cursor{Order: o, Owner: d.Owner, ID: d.ID}
	if o == ByName {
		c.Label = d.Label()
	} else {
		c.Created = d.CreatedAt.UnixMicro()
	}
	return c
}

// Compare returns a negative number when c comes before other in the order of both.
func (c Cursor) Compare(other Cursor) int {
	rising := cmp.Or(cmp.Compare(c.Created, other.Created), cmp.Compare(c.Label, other.Label),
		cmp.Compare(c.Owner, other.Owner), cmp.Compare(c.ID, other.ID))
	if c.Order == Newest {
		return -rising
	}
	return rising
}

// ParseCursor reads what [Cursor.String] made of a place in a list of this order; "" is the
// place before all. [ErrCursor].
func ParseCursor(s string, o Order) (Cursor, error) {
	c := Cursor{Order: o}
	switch {
	case o != Newest && o != Oldest && o != ByName:
		return Cursor{}, fmt.Errorf("no order of documents: %q", o)
	case s == "" && o == Newest:
		c.Created = math.MaxInt64
	case s == "" && o == Oldest:
		c.Created = math.MinInt64
	case s != "" && (!cursor.Read(s, &c) || c.Order != o):
		return Cursor{}, ErrCursor
	}
	return c, nil
}

func (c Cursor) String() string { return cursor.Text(c) }
