//go:build pgvector

package pgvector_test

import (
	"context"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"morag/internal/index"
	"morag/internal/index/indextest"
	"morag/internal/index/pgvector"
	indexpostgres "morag/internal/index/postgres"
	"morag/internal/index/vectorstest"
	"morag/internal/postgres"
	"morag/internal/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m.Run)) }

// extension is made by the administrator, once for all tests.
var extension sync.Once

func open(t testing.TB, address string, now func() time.Time) (*pgvector.Vectors, *postgres.DB) {
	t.Helper()
	extension.Do(func() {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.User("postgres")
		conn, err := pgx.Connect(t.Context(), u.String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		if _, err := conn.Exec(t.Context(), "CREATE EXTENSION vector"); err != nil {
			t.Fatal(err)
		}
	})
	db := postgrestest.Open(t, postgres.Config{URL: address, Quiet: true, Now: now})
	v, err := pgvector.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return v, db
}

func TestVectors(t *testing.T) {
	t.Parallel()
	vectorstest.Run(t, func(t *testing.T) index.Vectors {
		v, _ := open(t, postgrestest.URL(t), nil)
		return v
	})
}

// TestIndex: an index whose vectors the extension has does what every index does.
func TestIndex(t *testing.T) {
	t.Parallel()
	over := func(t *testing.T) indextest.Store {
		address, now := postgrestest.URL(t), indextest.NewClock()
		start := func() (*indexpostgres.Index, *postgres.DB) {
			v, db := open(t, address, now.Now)
			x, err := indexpostgres.Open(context.Background(), indexpostgres.Config{
				DB: db, Model: indextest.Model, Dimension: indextest.Dimension, Vectors: v, Place: "pgvector:",
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
		x, db := start()
		return indextest.Store{Index: x, Transact: db.Write, Advance: now.Advance, Reopen: func(t *testing.T) index.Index {
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			x, _ := start()
			return x
		}}
	}
	indextest.Run(t, over)
	indextest.RunReindex(t, over)
}

// TestDimensions: beyond 2,000 by numbers of two bytes, beyond 4,000 not at all.
func TestDimensions(t *testing.T) {
	t.Parallel()
	v, _ := open(t, postgrestest.URL(t), nil)
	for model, dimension := range map[int64]int{1: 2000, 2: 2001, 3: 3072, 4: 4000} {
		if made, err := v.Make(t.Context(), model, dimension); err != nil || !made {
			t.Fatalf("%d dimensions: %v, %v", dimension, made, err)
		}
		vector := make([]float32, dimension)
		for i := range vector {
			vector[i] = float32(1 / math.Sqrt(float64(dimension)))
		}
		if err := v.Put(t.Context(), model, []index.Point{{Chunk: 1, Version: 1, Vector: vector}}); err != nil {
			t.Fatalf("%d dimensions: %v", dimension, err)
		}
		found, err := v.Nearest(t.Context(), model, vector, 1, index.Among{AllOwners: true})
		if err != nil || len(found) != 1 || math.Abs(found[0].Score-1) > 0.002 {
			t.Errorf("%d dimensions: %v, %v", dimension, found, err)
		}
	}
	if _, err := v.Make(t.Context(), 5, 4001); err == nil {
		t.Error("4,001 dimensions are taken")
	}
}

var recallChunks = flag.Int("chunks", 10_000, "vectors of TestRecall")

// TestRecall: how many of the ten nearest by the definition are found, of all and of an owner
// with one in a hundred.
func TestRecall(t *testing.T) {
	v, db := open(t, postgrestest.URL(t), nil)
	const dimension, topics = 256, 400
	if _, err := v.Make(t.Context(), 1, dimension); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	around := func(centre []float32) []float32 {
		one := make([]float32, dimension)
		sum := 0.0
		for i := range one {
			one[i] = float32(r.NormFloat64())
			if centre != nil {
				one[i] = centre[i]*float32(math.Sqrt(dimension)) + 0.7*one[i]
			}
			sum += float64(one[i]) * float64(one[i])
		}
		for i := range one {
			one[i] /= float32(math.Sqrt(sum))
		}
		return one
	}
	var centres [topics][]float32
	for i := range centres {
		centres[i] = around(nil)
	}
	var all []index.Point
	for i := range *recallChunks {
		owner := "ann"
		if i%100 == 0 {
			owner = "bob"
		}
		all = append(all, index.Point{Chunk: int64(i + 1), Version: int64(i/50 + 1), Owner: owner, Vector: around(centres[r.IntN(topics)])})
	}
	for batch := range slices.Chunk(all, 500) {
		if err := v.Put(t.Context(), 1, batch); err != nil {
			t.Fatal(err)
		}
	}
	plan(t, db, all[0].Vector)
	for name, of := range map[string]index.Among{"all": {AllOwners: true}, "an owner with one in a hundred": {Owner: "bob"}} {
		const questions = 50
		right := 0
		var took []time.Duration
		for range questions {
			q := around(centres[r.IntN(topics)])
			begun := time.Now()
			found, err := v.Nearest(t.Context(), 1, q, 100, of)
			took = append(took, time.Since(begun))
			if err != nil || len(found) != 100 {
				t.Fatalf("%s: %d of 100 are found: %v", name, len(found), err)
			}
			got := map[int64]bool{}
			for _, f := range found[:10] {
				got[f.Chunk] = true
			}
			for _, want := range exact(all, q, of)[:10] {
				if got[want] {
					right++
				}
			}
		}
		slices.Sort(took)
		recall := float64(right) / (10 * questions)
		t.Log(fmt.Sprintf("%s: recall@10 %.3f, p50 %s", name, recall, took[len(took)/2]))
		if recall < 0.95 {
			t.Errorf("%s: recall@10 is %.3f, want 0.95", name, recall)
		}
	}
}

// plan expects that the index is asked.
func plan(t *testing.T, db *postgres.DB, v []float32) {
	t.Helper()
	rows, err := db.Query(t.Context(), "EXPLAIN SELECT chunk FROM index_pgvector_1 WHERE true ORDER BY v <#> $1::text::vector LIMIT 100", pgvector.Literal(v))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	text := ""
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		text += line + "\n"
	}
	if !strings.Contains(text, "index_pgvector_1_near") {
		t.Errorf("the index is not asked:\n%s", text)
	}
}

// exact are the chunks that are meant, the nearest first.
func exact(all []index.Point, q []float32, of index.Among) (chunks []int64) {
	score := map[int64]float64{}
	for _, p := range all {
		if !of.AllOwners && p.Owner != of.Owner {
			continue
		}
		for i, x := range p.Vector {
			score[p.Chunk] += float64(x) * float64(q[i])
		}
		chunks = append(chunks, p.Chunk)
	}
	slices.SortFunc(chunks, func(a, b int64) int {
		if score[a] > score[b] {
			return -1
		}
		return 1
	})
	return chunks
}
