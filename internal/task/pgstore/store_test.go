package pgstore_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"morag/internal/postgres"
	"morag/internal/postgres/postgrestest"
	"morag/internal/task"
	"morag/internal/task/pgstore"
	"morag/internal/task/tasktest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

// sealed shows what the store does with secrets.
type sealed struct{}

func (sealed) Seal(secret, _ string) string { return "sealed:" + secret }

func (sealed) Open(text, _ string) (string, error) { return text[len("sealed:"):], nil }

// place is a schema that each store has opened for itself, by way of a pooler.
type place struct {
	*tasktest.Clock
	address string
}

func (p place) Open(t *testing.T) task.Store {
	s, _ := open(t, p.address, p.Now)
	return s
}

func open(t *testing.T, address string, now func() time.Time) (*pgstore.Store, *postgres.DB) {
	t.Helper()
	db := postgrestest.Open(t, postgres.Config{URL: address, Quiet: true, Now: now})
	s, err := pgstore.New(t.Context(), db, sealed{})
	if err != nil {
		t.Fatal(err)
	}
	return s, db
}

func TestStore(t *testing.T) {
	t.Parallel()
	tasktest.Run(t, func(t *testing.T) tasktest.Place {
		return place{tasktest.NewClock(), postgrestest.Bounced(t, postgrestest.Used(t))}
	})
}

func TestChangesJoinTheTransaction(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s, db := open(t, postgrestest.URL(t), time.Now)
	queued := func(id string) *task.Task {
		return &task.Task{ID: id, Phase: task.Queued, Status: task.Pending, Stage: task.Initializing}
	}
	failure := errors.New("no")
	err := db.Write(ctx, func(ctx context.Context) error {
		if err := s.Create(ctx, queued("a")); err != nil {
			return err
		}
		if _, err := s.Get(ctx, "a"); err != nil {
			t.Errorf("in its transaction: %v", err)
		}
		if _, err := s.Get(t.Context(), "a"); !errors.Is(err, task.ErrNotFound) {
			t.Errorf("outside before the commit: %v", err)
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Fatal(err)
	}
	if _, err := s.Get(ctx, "a"); !errors.Is(err, task.ErrNotFound) {
		t.Errorf("after the transaction was rolled back: %v", err)
	}
}
