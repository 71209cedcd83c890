package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"morag/internal/index"
	"morag/internal/index/indextest"
	indexpostgres "morag/internal/index/postgres"
	"morag/internal/index/qdrant"
	"morag/internal/index/qdrant/qdranttest"
	"morag/internal/postgres"
	"morag/internal/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

// open opens an index with a database of its own, as another server has it, and waits until
// it is ready.
func open(t *testing.T, address string, now func() time.Time) (*indexpostgres.Index, *postgres.DB) {
	t.Helper()
	return openOver(t, address, now, nil)
}

// openOver is open with vectors that are kept elsewhere, nil for in memory.
func openOver(t *testing.T, address string, now func() time.Time, vectors index.Vectors) (*indexpostgres.Index, *postgres.DB) {
	t.Helper()
	db := postgrestest.Open(t, postgres.Config{URL: address, Quiet: true, Now: now})
	place := ""
	if vectors != nil {
		place = "elsewhere"
	}
	x, err := indexpostgres.Open(context.Background(), indexpostgres.Config{
		DB: db, Model: indextest.Model, Dimension: indextest.Dimension, Vectors: vectors, Place: place,
	})
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
	indextest.Run(t, store)
	indextest.RunReindex(t, store)
}

func store(t *testing.T) indextest.Store { return storeOver(t, nil) }

func storeOver(t *testing.T, vectors index.Vectors) indextest.Store {
	address, now := postgrestest.Bounced(t, postgrestest.Used(t)), indextest.NewClock()
	x, db := openOver(t, address, now.Now, vectors)
	return indextest.Store{
		Index:    x,
		Transact: db.Write,
		Advance:  now.Advance,
		Reopen: func(t *testing.T) index.Index {
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			x, _ := openOver(t, address, now.Now, vectors)
			return x
		},
	}
}

func openQdrant(t *testing.T, server *qdranttest.Server) index.Vectors {
	t.Helper()
	v, err := qdrant.Open(t.Context(), qdrant.Config{URL: server.URL, APIKey: qdranttest.Key})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// TestIndexOverQdrant: an index whose vectors are elsewhere does the same.
func TestIndexOverQdrant(t *testing.T) {
	t.Parallel()
	over := func(t *testing.T) indextest.Store { return storeOver(t, openQdrant(t, qdranttest.Start(t))) }
	indextest.Run(t, over)
	indextest.RunReindex(t, over)
}

// TestQdrantIsFilledFromTheDatabase: the first time, and again when it has lost everything; and
// nothing of what is swept stays there.
func TestQdrantIsFilledFromTheDatabase(t *testing.T) {
	t.Parallel()
	address, now := postgrestest.URL(t), indextest.NewClock()
	server := qdranttest.Start(t)
	before, _ := open(t, address, now.Now)
	put := func(x *indexpostgres.Index, name, instead string) {
		t.Helper()
		v := index.Version{Name: name, Owner: "ann", DocumentID: name, Chunks: 1}
		if err := x.Stage(t.Context(), v, []index.Chunk{{Content: name, Vector: []float32{3, 0, 0, 0, 0, 0, 0, 0}}}); err != nil {
			t.Fatal(err)
		}
		if err := x.Switch(t.Context(), name, instead); err != nil {
			t.Fatal(err)
		}
	}
	finds := func(x *indexpostgres.Index, want int) {
		t.Helper()
		near, err := x.Nearest(t.Context(), []float32{1, 0, 0, 0, 0, 0, 0, 0}, 10, index.Scope{Owner: "ann"})
		if err != nil || len(near) != want {
			t.Errorf("found %v, %v, want %d", near, err, want)
		}
	}
	for i := range 300 { // more than are put at a time
		put(before, fmt.Sprint("d", i), "")
	}
	one, _ := openOver(t, address, now.Now, openQdrant(t, server))
	finds(one, 10)
	put(one, "later", "d7")
	if _, err := one.Sweep(t.Context(), 1000, 0); err != nil {
		t.Fatal(err)
	}
	if n := server.Points(); n != 300 {
		t.Errorf("%d points, want 300", n)
	}
	server.Forget()
	two, _ := openOver(t, address, now.Now, openQdrant(t, server))
	finds(two, 10)
	if n := server.Points(); n != 300 {
		t.Errorf("%d points after it was filled again, want 300", n)
	}
	if err := two.Close(); err != nil {
		t.Fatal(err)
	}
	three, _ := open(t, address, now.Now) // in memory for a while
	put(three, "unseen", "")
	four, _ := openOver(t, address, now.Now, openQdrant(t, server))
	finds(four, 10)
	if n := server.Points(); n != 301 {
		t.Errorf("%d points after a while without it, want 301", n)
	}
	two = four
	server.Down(true)
	if _, err := two.Nearest(t.Context(), []float32{1, 0, 0, 0, 0, 0, 0, 0}, 10, index.Scope{Owner: "ann"}); !errors.Is(err, index.ErrUnavailable) {
		t.Errorf("while it is away: %v", err)
	}
	if found, err := two.Match(t.Context(), "later", 10, index.Scope{Owner: "ann"}); err != nil || len(found) != 1 {
		t.Errorf("by words while it is away: %v, %v", found, err)
	}
}

// TestOneServerFindsWhatAnotherSwitches: at once, whatever transactions run meanwhile, and
// what they switch later, too.
func TestOneServerFindsWhatAnotherSwitches(t *testing.T) {
	t.Parallel()
	address, now := postgrestest.URL(t), indextest.NewClock()
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
	address, now := postgrestest.URL(t), indextest.NewClock()
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

// TestAllServersGoOverToAnotherModel: one of them begins, another makes the vectors, a third
// finishes. All search by it from then on, whether they have held its vectors before or not.
func TestAllServersGoOverToAnotherModel(t *testing.T) {
	t.Parallel()
	address, now := postgrestest.URL(t), indextest.NewClock()
	one, db := open(t, address, now.Now)
	two, _ := open(t, address, now.Now)
	three, _ := open(t, address, now.Now)
	put := func(x *indexpostgres.Index, name string, v []float32) {
		t.Helper()
		version := index.Version{Name: name, Owner: "ann", DocumentID: name, Chunks: 1, Model: x.Model()}
		if err := x.Stage(t.Context(), version, []index.Chunk{{Content: "word " + name, Vector: v}}); err != nil {
			t.Fatal(err)
		}
		if err := x.Switch(t.Context(), name, ""); err != nil {
			t.Fatal(err)
		}
	}
	finds := func(x *indexpostgres.Index, v []float32, want int) {
		t.Helper()
		near, err := x.Nearest(t.Context(), v, 10, index.Scope{Owner: "ann"})
		if err != nil || len(near) != want || want > 0 && near[want-1].Score < 0.99 {
			t.Errorf("found %v, %v, want %d", near, err, want)
		}
		if match, err := x.Match(t.Context(), "word", 10, index.Scope{Owner: "ann"}); err != nil || len(match) != want {
			t.Errorf("by words found %v, %v, want %d", match, err, want)
		}
	}
	before, after := []float32{1, 0, 0, 0, 0, 0, 0, 0}, []float32{0, 1, 0}
	put(one, "a", before)
	put(two, "b", before)
	next := index.Model{Name: "next", Dimension: len(after)}
	if err := one.Begin(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	chunks, err := two.Unembedded(t.Context(), 0, 10)
	if err != nil || len(chunks) != 2 {
		t.Fatal(chunks, err)
	}
	if err := two.Embed(t.Context(), []index.Embedded{{Unembedded: chunks[0], Vector: after}}); err != nil {
		t.Fatal(err)
	}
	if err := one.Prepare(t.Context()); err != nil { // has a part of them in memory
		t.Fatal(err)
	}
	finds(one, before, 2)
	done, err := three.Finish(t.Context(), func(_ context.Context, texts []string) ([][]float32, error) {
		all := make([][]float32, len(texts))
		for i := range all {
			all[i] = after
		}
		return all, nil
	})
	if err != nil || !done {
		t.Fatal(done, err)
	}
	finds(two, after, 2)
	put(two, "c", after)
	for _, x := range []*indexpostgres.Index{one, two, three} {
		finds(x, after, 3)
		if x.Model() != next {
			t.Errorf("a server searches by %v", x.Model())
		}
	}
	left := func() (n int) {
		err := db.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM index_chunk WHERE vector <> '') + (SELECT count(*) FROM index_other_model)`).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, want := range []int{3, 0} { // two vectors and the model, until no search can need them
		if _, err := one.Sweep(t.Context(), 100, 0); err != nil {
			t.Fatal(err)
		}
		if n := left(); n != want {
			t.Errorf("%d vectors of the model before, and models, are left, want %d", n, want)
		}
		now.Advance(time.Minute)
	}
	finds(one, after, 3)
	four, _ := open(t, address, now.Now)
	finds(four, after, 3)
}

// TestAServerThatDiesWhileItFinishesHoldsUpNobodyForLong: what is staged waits, and goes on.
func TestAServerThatDiesWhileItFinishesHoldsUpNobodyForLong(t *testing.T) {
	t.Parallel()
	address, now := postgrestest.URL(t), indextest.NewClock()
	x, _ := open(t, address, now.Now)
	if err := x.Hold(t.Context(), index.FinishTimeout); err != nil {
		t.Fatal(err)
	}
	staged := make(chan error)
	go func() {
		staged <- x.Stage(t.Context(), index.Version{Name: "a", Owner: "ann", DocumentID: "a", Chunks: 1},
			[]index.Chunk{{Content: "word", Vector: make([]float32, indextest.Dimension)}})
	}()
	select {
	case err := <-staged:
		t.Fatalf("it was staged while another model is about to be searched: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	now.Advance(index.FinishTimeout)
	if err := <-staged; err != nil {
		t.Error(err)
	}
}
