package memstore_test

import (
	"testing"
	"time"

	"morag/internal/document/documenttest"
	"morag/internal/document/memstore"
)

func TestStore(t *testing.T) {
	t.Parallel()
	documenttest.Run(t, func(*testing.T) documenttest.Subject {
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		s := memstore.New(func() time.Time { return now })
		return documenttest.Subject{
			Place:   documenttest.Place{Store: s},
			Second:  &documenttest.Place{Store: s},
			Advance: func(d time.Duration) { now = now.Add(d) },
		}
	})
}
