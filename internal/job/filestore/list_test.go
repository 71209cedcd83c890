package filestore

import (
	"errors"
	"testing"

	"morag/internal/job"
)

// FuzzCursor: a client's cursor is one that a list gave, or is refused.
func FuzzCursor(f *testing.F) {
	f.Add(cursorAt(&header{created: 1700000000000000000, id: "a-job"}))
	f.Add("")
	f.Add("MSAuLi9ldGM")
	f.Add("LTEg")
	f.Fuzz(func(t *testing.T, cursor string) {
		at, err := parseCursor(cursor)
		if err != nil {
			if !errors.Is(err, job.ErrCursor) || at != nil {
				t.Errorf("%q: %v, %v", cursor, at, err)
			}
			return
		}
		if at == nil {
			if cursor != "" {
				t.Errorf("%q is no place", cursor)
			}
			return
		}
		again, err := parseCursor(cursorAt(at))
		if err != nil || again.created != at.created || again.id != at.id || !job.ValidID(at.id) {
			t.Errorf("%q: %+v, then %+v, %v", cursor, at, again, err)
		}
	})
}
