package filestore

import (
	"errors"
	"testing"

	"morag/internal/job"
)

// FuzzCursor: a client's cursor is one that a list gave, or is refused.
func FuzzCursor(f *testing.F) {
	f.Add(cursorAt(1700000000000000000, "a-job"))
	f.Add("")
	f.Add("MSAuLi9ldGM")
	f.Add("LTEg")
	f.Fuzz(func(t *testing.T, cursor string) {
		at, id, err := parseCursor(cursor)
		if err != nil {
			if !errors.Is(err, job.ErrCursor) || at != 0 || id != "" {
				t.Errorf("%q: %d, %q, %v", cursor, at, id, err)
			}
			return
		}
		again, name, err := parseCursor(cursorAt(at, id))
		if err != nil || again != at || name != id || !job.ValidID(id) {
			t.Errorf("%q: %d %q, then %d %q, %v", cursor, at, id, again, name, err)
		}
	})
}
