package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"morag/internal/index"
	"morag/internal/index/indextest"
	indexsqlite "morag/internal/index/sqlite"
	"morag/internal/sqlite"
)

// wide is a dimension of which few vectors make a slice of the loading.
const wide = 8192

func openWide(t *testing.T, db *sqlite.DB) *indexsqlite.Index {
	t.Helper()
	x, err := indexsqlite.Open(t.Context(), indexsqlite.Config{DB: db, Model: "wide", Dimension: wide})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

// putWide shows a version of n chunks that all are in one direction, and hides the one
// before.
func putWide(t *testing.T, x index.Index, version, before string, n int) {
	t.Helper()
	chunks := make([]index.Chunk, n)
	for i := range chunks {
		chunks[i] = index.Chunk{Index: i, Content: version, Vector: axis(0)}
	}
	if err := x.Stage(t.Context(), index.Version{Name: version, Chunks: n}, chunks); err != nil {
		t.Fatal(err)
	}
	if err := x.Switch(t.Context(), version, before); err != nil {
		t.Fatal(err)
	}
}

func axis(i int) []float32 {
	v := make([]float32, wide)
	v[i] = 1
	return v
}

func versions(t *testing.T, x index.Index) map[string]int {
	t.Helper()
	hits, err := indextest.Nearest(t.Context(), x, axis(0), 1000, index.Scope{})
	if err != nil {
		t.Fatal(err)
	}
	count := make(map[string]int)
	for _, h := range hits {
		count[h.Name]++
	}
	return count
}

// TestNotReadyWhileLoading holds the writer up, so that the loading cannot begin.
func TestNotReadyWhileLoading(t *testing.T) {
	t.Parallel()
	db := database(t)
	x := openWide(t, db)
	putWide(t, x, "v1", "", 3)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}

	held, release, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- db.Write(context.Background(), func(context.Context) error {
			close(held)
			<-release
			return nil
		})
	}()
	<-held
	x = openWide(t, db)
	if err := x.Ready(); !errors.Is(err, index.ErrNotReady) {
		t.Errorf("ready: %v", err)
	}
	if _, err := indextest.Nearest(t.Context(), x, axis(0), 1, index.Scope{}); !errors.Is(err, index.ErrNotReady) {
		t.Errorf("nearest: %v", err)
	}
	if _, err := indextest.Match(t.Context(), x, "v1", 5, index.Scope{}); !errors.Is(err, index.ErrNotReady) {
		t.Errorf("match: %v", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
	<-x.Loaded()
	if err := x.Ready(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(map[string]int{"v1": 3}, versions(t, x)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestChangesDuringLoading replaces, deletes and sweeps while slices are loaded: what
// is found then is what is found after another start.
func TestChangesDuringLoading(t *testing.T) {
	t.Parallel()
	db := database(t)
	x := openWide(t, db)
	for i := range 7 {
		putWide(t, x, fmt.Sprint("d", i, "-0"), "", 40)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}

	x = openWide(t, db)
	for i := range 3 {
		putWide(t, x, fmt.Sprint("d", 2*i, "-1"), fmt.Sprint("d", 2*i, "-0"), 2)
		if err := x.Switch(t.Context(), "", fmt.Sprint("d", 2*i+1, "-0")); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Sweep(t.Context(), 30, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	<-x.Loaded()
	want := map[string]int{"d0-1": 2, "d2-1": 2, "d4-1": 2, "d6-0": 40}
	if diff := cmp.Diff(want, versions(t, x)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = openWide(t, db)
	<-x.Loaded()
	if diff := cmp.Diff(want, versions(t, x)); diff != "" {
		t.Errorf("after another start (-want +got):\n%s", diff)
	}
}

func TestCloseEndsTheLoading(t *testing.T) {
	t.Parallel()
	db := database(t)
	x := openWide(t, db)
	putWide(t, x, "v1", "", 100)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = openWide(t, db)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	<-x.Loaded()
}

func TestSpoiltVectorIsNamed(t *testing.T) {
	t.Parallel()
	db := database(t)
	x := openWide(t, db)
	putWide(t, x, "v1", "", 2)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	err := db.Write(t.Context(), func(ctx context.Context) error {
		_, err := db.Exec(ctx, `UPDATE index_chunk SET vector = x'00' WHERE id = 2`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	x = openWide(t, db)
	<-x.Loaded()
	if err := x.Ready(); !errors.Is(err, index.ErrNotReady) || !strings.Contains(err.Error(), "chunk 2") {
		t.Errorf("ready: %v", err)
	}
}

// TestModelIsKept: as long as there are documents of it.
func TestModelIsKept(t *testing.T) {
	t.Parallel()
	db := database(t)
	x := openWide(t, db)
	putWide(t, x, "v1", "", 1)
	if err := x.Stage(t.Context(), index.Version{Name: "v2", Chunks: 1}, []index.Chunk{{Vector: axis(1)}}); err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	for _, cfg := range []indexsqlite.Config{{Model: "other", Dimension: wide}, {Model: "wide", Dimension: 2}} {
		cfg.DB = db
		other, err := indexsqlite.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		<-other.Loaded()
		if got := other.Model(); got != (index.Model{Name: "wide", Dimension: wide}) {
			t.Errorf("opened for %s with %d dimensions it has %v", cfg.Model, cfg.Dimension, got)
		}
		if diff := cmp.Diff(map[string]int{"v1": 1}, versions(t, other)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if err := other.Close(); err != nil {
			t.Fatal(err)
		}
	}
	x = openWide(t, db)
	if err := x.Switch(t.Context(), "", "v1"); err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	// Without documents the new model takes over; what was staged for the old one is
	// gone.
	y, err := indexsqlite.Open(t.Context(), indexsqlite.Config{DB: db, Model: "other", Dimension: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer y.Close()
	if err := y.Switch(t.Context(), "v2", ""); !errors.Is(err, index.ErrIncomplete) {
		t.Errorf("got %v", err)
	}
	for _, cfg := range []indexsqlite.Config{{DB: db, Dimension: 2}, {DB: db, Model: "m"}, {DB: db, Model: "m", Dimension: 1 << 20}} {
		if _, err := indexsqlite.Open(t.Context(), cfg); err == nil {
			t.Errorf("%q with %d dimensions is not refused", cfg.Model, cfg.Dimension)
		}
	}
}

// TestAnotherModelIsNotMixedIn: who has opened the index while it was empty cannot add
// to it once another server has opened it with another model.
func TestAnotherModelIsNotMixedIn(t *testing.T) {
	t.Parallel()
	db := database(t)
	x := openWide(t, db)
	one := []index.Chunk{{Vector: axis(1)}}
	if err := x.Stage(t.Context(), index.Version{Name: "v1", Chunks: 1}, one); err != nil {
		t.Fatal(err)
	}
	y, err := indexsqlite.Open(t.Context(), indexsqlite.Config{DB: db, Model: "other", Dimension: wide})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { y.Close() })
	if err := x.Stage(t.Context(), index.Version{Name: "v2", Chunks: 1}, one); !errors.Is(err, index.ErrModel) {
		t.Errorf("stage: %v", err)
	}
	if err := x.Switch(t.Context(), "v1", ""); !errors.Is(err, index.ErrModel) {
		t.Errorf("switch: %v", err)
	}
	putWide(t, y, "v3", "", 1)
	if diff := cmp.Diff(map[string]int{"v3": 1}, versions(t, y)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
