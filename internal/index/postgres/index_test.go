package postgres_test

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"morag/internal/index"
	"morag/internal/index/indextest"
	indexpostgres "morag/internal/index/postgres"
	"morag/internal/postgres"
	"morag/internal/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// open opens an index with a database of its own, as another server has it, and waits until
// it is ready.
func open(t *testing.T, address string, now func() time.Time) (*indexpostgres.Index, *postgres.DB) {
	t.Helper()
	db := postgrestest.Open(t, postgres.Config{URL: address, Quiet: true, Now: now})
	x, err := indexpostgres.Open(context.Background(), indexpostgres.Config{DB: db, Model: indextest.Model, Dimension: indextest.Dimension})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	<-x.Loaded()
	if err := x.Ready(); err != nil {
		t.Fatal(err)
	}
	return x, db
}

func TestIndex(t *testing.T) {
	t.Parallel()
	indextest.Run(t, func(t *testing.T) indextest.Store {
		address, now := postgrestest.Bounced(t, postgrestest.Used(t)), newClock()
		x, db := open(t, address, now.Now)
		return indextest.Store{
			Index:    x,
			Transact: db.Write,
			Advance:  now.Advance,
			Reopen: func(t *testing.T) index.Index {
				if err := x.Close(); err != nil {
					t.Fatal(err)
				}
				x, _ := open(t, address, now.Now)
				return x
			},
		}
	})
}

// TestOneServerFindsWhatAnotherSwitches: at once, whatever transactions run meanwhile, and
// what they switch later, too.
func TestOneServerFindsWhatAnotherSwitches(t *testing.T) {
	t.Parallel()
	address, now := postgrestest.URL(t), newClock()
	one, db := open(t, address, now.Now)
	two, _ := open(t, address, now.Now)
	stage := func(name string) {
		t.Helper()
		v := index.Version{Name: name, Owner: "ann", DocumentID: name, Chunks: 1}
		chunk := index.Chunk{Content: "word " + name, Vector: []float32{1, 0, 0, 0, 0, 0, 0, 0}}
		if err := one.Stage(t.Context(), v, []index.Chunk{chunk}); err != nil {
			t.Fatal(err)
		}
	}
	finds := func(want int) {
		t.Helper()
		scope := index.Scope{Owner: "ann"}
		near, err := two.Nearest(t.Context(), []float32{1, 0, 0, 0, 0, 0, 0, 0}, 10, scope)
		if err != nil || len(near) != want {
			t.Errorf("the other server finds %d, %v, want %d", len(near), err, want)
		}
		if match, err := two.Match(t.Context(), "word", 10, scope); err != nil || len(match) != want {
			t.Errorf("by words the other server finds %d, %v, want %d", len(match), err, want)
		}
	}
	for _, name := range []string{"a", "b", "c"} {
		stage(name)
	}
	err := db.Write(t.Context(), func(ctx context.Context) error { // begins first and ends last
		if err := one.Switch(ctx, "a", ""); err != nil {
			return err
		}
		finds(0)
		if err := one.Switch(postgres.Outside(ctx), "b", ""); err != nil {
			return err
		}
		finds(1)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	finds(2)
	if err := one.Switch(t.Context(), "c", "a"); err != nil {
		t.Fatal(err)
	}
	finds(2)
	if err := one.Switch(t.Context(), "", "b"); err != nil {
		t.Fatal(err)
	}
	finds(1)
}

// TestAChangeIsSeenAsAWhole: a server that has read of one replacement loads it while the
// next one is made. Were the first applied without what is not there any more, nothing of the
// document would be found.
func TestAChangeIsSeenAsAWhole(t *testing.T) {
	t.Parallel()
	address, now := postgrestest.URL(t), newClock()
	one, _ := open(t, address, now.Now)
	two, _ := open(t, address, now.Now)
	before := ""
	for _, name := range []string{"first", "second", "third"} {
		v := index.Version{Name: name, Owner: "ann", DocumentID: "d", Chunks: 1}
		chunk := index.Chunk{Content: "word " + name, Vector: []float32{1, 0, 0, 0, 0, 0, 0, 0}}
		if err := one.Stage(t.Context(), v, []index.Chunk{chunk}); err != nil {
			t.Fatal(err)
		}
		if err := one.Switch(t.Context(), name, before); err != nil {
			t.Fatal(err)
		}
		before = name
	}
	if whole, err := two.Apply(t.Context(), "second", "first"); err != nil || whole {
		t.Errorf("a version that is not shown any more is applied: %v, %v", whole, err)
	}
	if whole, err := two.Apply(t.Context(), "third", "second"); err != nil || !whole {
		t.Errorf("a version that is shown is not applied: %v, %v", whole, err)
	}
}
