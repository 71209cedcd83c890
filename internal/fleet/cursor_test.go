package fleet_test

import (
	"errors"
	"testing"

	"morag/internal/fleet"
)

// FuzzCursor: any text is refused as a cursor, or is one that comes out again.
func FuzzCursor(f *testing.F) {
	f.Add(fleet.Cursor{Seen: 1, ID: "w1"}.String())
	f.Add(fleet.Cursor{Seen: -1, ID: "\x00'"}.String())
	f.Add("")
	f.Add("???")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := fleet.ParseCursor(s)
		if err != nil {
			if !errors.Is(err, fleet.ErrCursor) {
				t.Errorf("%q: %v, want ErrCursor", s, err)
			}
			return
		}
		again, err := fleet.ParseCursor(c.String())
		if err != nil || again != c {
			t.Errorf("%q is %+v, and again %+v, %v", s, c, again, err)
		}
	})
}
