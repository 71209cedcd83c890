package pgstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"morag/internal/job"
	"morag/internal/job/jobtest"
	"morag/internal/postgres"
	"morag/internal/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

// quiet has its stores hear nothing of each other.
func subject(t *testing.T, quiet bool, way func(t testing.TB, address string) string) jobtest.Subject {
	return jobtest.Subject{
		Durable: true,
		Place: func(t *testing.T) jobtest.Place {
			clock, address := jobtest.NewClock(), way(t, postgrestest.Used(t))
			return jobtest.Place{
				Open: func(p job.Policy) (job.Store, error) {
					db, err := postgres.Open(context.Background(), postgres.Config{URL: address, Quiet: quiet, Now: clock.Now, MaxConns: 4})
					if err != nil {
						return nil, err
					}
					s, err := Open(context.Background(), Config{DB: db, Policy: p})
					if err != nil {
						return nil, err
					}
					clock.Watch(s.lookNow)
					return closing{s, db}, nil
				},
				Now: clock.Now, Advance: clock.Move, Jump: clock.Move,
			}
		},
	}
}

// closing is a store that has its database to itself.
type closing struct {
	*Store
	db *postgres.DB
}

func (c closing) Close() error { return errors.Join(c.Store.Close(), c.db.Close()) }

// TestStore is the suite by looking alone, through a pooler: what every other way must do,
// too.
func TestStore(t *testing.T) {
	t.Parallel()
	jobtest.Run(t, subject(t, true, postgrestest.Bounced))
}

// TestOthersAreNotified: one server hears of another's job long before it would look.
func TestOthersAreNotified(t *testing.T) {
	t.Parallel()
	address := postgrestest.URL(t)
	open := func() *Store {
		db := postgrestest.Open(t, postgres.Config{URL: address})
		s, err := Open(t.Context(), Config{DB: db, Poll: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	}
	one, two := open(), open()
	hints := two.Wake(t.Context())
	late := time.After(time.Minute)
	for i := 0; ; i++ { // until it listens
		contentType := fmt.Sprint("kind-", i)
		if _, err := one.Create(t.Context(), job.Spec{ID: contentType, ContentType: contentType}); err != nil {
			t.Fatal(err)
		}
		select {
		case <-hints:
			return
		case <-time.After(100 * time.Millisecond):
		case <-late:
			t.Fatal("no hint came")
		}
	}
}

// TestCountsAreAddedUp: what is counted stays, and its rows do not grow with the changes.
// TestAChangeIsNotBeforeTheLast: a transaction that has waited for another has begun before it.
func TestAChangeIsNotBeforeTheLast(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	c := &change{now: noon}
	for _, last := range []time.Duration{-time.Hour, 0, time.Millisecond} {
		j := &job.Job{History: []job.Entry{{At: noon.Add(-2 * time.Hour)}, {At: noon.Add(last)}}}
		if got := c.at(j).Sub(noon); got != max(last, 0) {
			t.Errorf("after a change %s from the beginning the next is %s from it", last, got)
		}
	}
	if got := c.at(&job.Job{}); !got.Equal(noon) {
		t.Errorf("the first change is at %s", got)
	}
}

func TestCountsAreAddedUp(t *testing.T) {
	t.Parallel()
	db := postgrestest.Open(t, postgres.Config{URL: postgrestest.URL(t)})
	s, err := Open(t.Context(), Config{DB: db})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range 20 {
		id := fmt.Sprint("j", i)
		if _, err := s.Create(t.Context(), job.Spec{ID: id, ContentType: "audio"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Update(t.Context(), id, job.Change{Event: job.Cancel}); err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			if err := s.Delete(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
	}
	before, err := s.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.addUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, err := s.Stats(t.Context())
	if err != nil || after.Bytes != before.Bytes || after.Status[job.Cancelled] != 10 {
		t.Errorf("%v: %+v, before it was added up %+v", err, after, before)
	}
	// What the store itself adds up at this moment is passed over.
	for late := time.After(time.Minute); ; {
		var rows int
		if err := db.QueryRow(t.Context(), "SELECT count(*) FROM job_count").Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if rows == 1 {
			return
		}
		select {
		case <-late:
			t.Fatalf("%d rows, want one", rows)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// TestOldChangesAreDropped: a mark before them is told so, a later one is not.
func TestOldChangesAreDropped(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	db := postgrestest.Open(t, postgres.Config{URL: postgrestest.URL(t)})
	s, err := Open(ctx, Config{DB: db})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, old, err := s.Changes(ctx, -1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(ctx, job.Spec{ID: "a", ContentType: "audio"}); err != nil {
		t.Fatal(err)
	}
	_, first, err := s.Changes(ctx, old, 1)
	if err != nil || first <= old {
		t.Fatalf("mark %d after %d, %v", first, old, err)
	}
	if err := db.Write(ctx, func(ctx context.Context) error {
		_, err := db.Exec(ctx, "INSERT INTO job_change (n, id) SELECT n, 'a' FROM generate_series(0, $1) AS n", trail)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.drop(ctx); err != nil {
		t.Fatal(err)
	}
	for _, mark := range []int64{old, first} {
		if _, _, err := s.Changes(ctx, mark, 1); !errors.Is(err, job.ErrCursor) {
			t.Errorf("after the dropped mark %d: %v", mark, err)
		}
	}
	_, present, err := s.Changes(ctx, -1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := s.Changes(ctx, present, 1); err != nil || len(got) > 0 {
		t.Errorf("after the present: %v, %v", got, err)
	}
}
