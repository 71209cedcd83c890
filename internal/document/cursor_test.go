package document_test

import (
	"errors"
	"strings"
	"testing"

	"morag/internal/document"
)

func TestLongCursorIsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		owner int
		want  error
	}{{2900, nil}, {3100, document.ErrCursor}} {
		c := document.Cursor{Created: 1, Owner: strings.Repeat("o", tt.owner), ID: "d"}
		if got, err := document.ParseCursor(c.String(), document.Newest); !errors.Is(err, tt.want) || err == nil && got != c {
			t.Errorf("an owner of %d bytes: %v, want %v", tt.owner, err, tt.want)
		}
	}
}

// FuzzCursor: any text is refused as a cursor, or is one that comes out again.
func FuzzCursor(f *testing.F) {
	f.Add(document.Cursor{Created: 1, Owner: "ann", ID: "d"}.String())
	f.Add(document.Cursor{Created: -1, ID: "\x00'"}.String())
	f.Add(document.Cursor{Order: document.ByName, Label: "a", ID: "d"}.String())
	f.Add("")
	f.Add("!")
	f.Add("bnVsbA")
	f.Fuzz(func(t *testing.T, s string) {
		for _, order := range []document.Order{document.Newest, document.Oldest, document.ByName} {
			comesOut(t, s, order)
		}
	})
}

func comesOut(t *testing.T, s string, order document.Order) {
	c, err := document.ParseCursor(s, order)
	if err != nil {
		if !errors.Is(err, document.ErrCursor) {
			t.Fatal(err)
		}
		return
	}
	again, err := document.ParseCursor(c.String(), order)
	if err != nil || again != c {
		t.Fatalf("%+v comes out as %+v, %v", c, again, err)
	}
}
