package pgstore_test

import (
	"context"
	"os"
	"testing"
	"time"

	"morag/internal/document/documenttest"
	"morag/internal/document/pgstore"
	"morag/internal/postgres"
	"morag/internal/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

func TestStore(t *testing.T) {
	t.Parallel()
	documenttest.Run(t, func(t *testing.T) documenttest.Subject {
		address := postgrestest.Bounced(t, postgrestest.Used(t))
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		clock := func() time.Time { return now }
		second := open(t, address, clock)
		return documenttest.Subject{
			Place:   open(t, address, clock),
			Second:  &second,
			Advance: func(d time.Duration) { now = now.Add(d) },
		}
	})
}

// open opens a store with a database of its own, as another server has it.
func open(t *testing.T, address string, now func() time.Time) documenttest.Place {
	t.Helper()
	db := postgrestest.Open(t, postgres.Config{URL: address, Quiet: true, Now: now})
	s, err := pgstore.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return documenttest.Place{Store: s, Transact: db.Write}
}

// TestDocumentsGetTheirLabels opens a place whose documents were stored before labels were.
func TestDocumentsGetTheirLabels(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t, postgres.Config{URL: postgrestest.Used(t), Quiet: true})
	opened := func() documenttest.Place {
		s, err := pgstore.Open(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		return documenttest.Place{Store: s, Transact: db.Write}
	}
	documenttest.Labelled(t, opened, func() {
		err := db.Write(t.Context(), func(ctx context.Context) error {
			_, err := db.Exec(ctx, `DELETE FROM document_label`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
