package sqlite

import (
	"errors"
	"testing"

	"morag/internal/index"
)

// FuzzCursor: any text is refused as a cursor, or is one that comes out again.
func FuzzCursor(f *testing.F) {
	f.Add(cursor{1, "ann", "d"}.String())
	f.Add(cursor{-1, "", "\x00'"}.String())
	f.Add("!")
	f.Add("bnVsbA")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseCursor(s)
		if err != nil {
			if !errors.Is(err, index.ErrCursor) {
				t.Fatal(err)
			}
			return
		}
		again, err := parseCursor(c.String())
		if err != nil || again != c {
			t.Fatalf("%+v comes out as %+v, %v", c, again, err)
		}
	})
}
