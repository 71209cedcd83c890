package postgres_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"morag/internal/index"
	indexpostgres "morag/internal/index/postgres"
	"morag/internal/postgres"
	"morag/internal/postgres/postgrestest"
)

var largeChunks = flag.Int("chunks", 100_000, "chunks of BenchmarkLarge")

const (
	largeDimension = 512
	largeWords     = 60 // of a chunk: 400 characters
)

// BenchmarkLarge starts a server's index on what others have stored, and tells how long that
// takes, how much memory words and vectors then hold, and how long searches take:
//
//	go test -run '^$' -bench Large -benchtime 1x ./internal/index/postgres
func BenchmarkLarge(b *testing.B) {
	address := postgrestest.URL(b)
	open := func() *indexpostgres.Index {
		db := postgrestest.Open(b, postgres.Config{URL: address, Quiet: true})
		x, err := indexpostgres.Open(b.Context(), indexpostgres.Config{DB: db, Model: "large", Dimension: largeDimension})
		if err != nil {
			b.Fatal(err)
		}
		<-x.Loaded()
		if err := x.Ready(); err != nil {
			b.Fatal(err)
		}
		return x
	}
	first := open()
	makeLarge(b, first)
	if err := first.Close(); err != nil {
		b.Fatal(err)
	}
	first = nil
	before := heap()
	start := time.Now()
	x := open()
	defer x.Close()
	b.ReportMetric(time.Since(start).Seconds(), "start-s")
	b.ReportMetric(heap()-before, "heap-MB")

	r := rand.New(rand.NewPCG(7, 7))
	median := func(search func() error) float64 {
		var took []time.Duration
		for range 100 {
			begun := time.Now()
			if err := search(); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(begun))
		}
		slices.Sort(took)
		return 1e3 * took[len(took)/2].Seconds()
	}
	b.ReportMetric(median(func() error {
		_, err := x.Nearest(b.Context(), vectorOf(r), 100, index.Scope{AllOwners: true})
		return err
	}), "nearest-p50-ms")
	zipf := rand.NewZipf(r, 1.1, 5, 2_000_000)
	b.ReportMetric(median(func() error {
		_, err := x.Match(b.Context(), textOf(zipf, 5), 100, index.Scope{AllOwners: true})
		return err
	}), "match-p50-ms")
	b.ReportMetric(0, "ns/op")
	runtime.KeepAlive(x)
}

func makeLarge(b *testing.B, x *indexpostgres.Index) {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(r, 1.1, 5, 2_000_000)
	const perDocument = 200
	for d := 0; d*perDocument < *largeChunks; d++ {
		chunks := make([]index.Chunk, perDocument)
		for i := range chunks {
			chunks[i] = index.Chunk{Index: i, Content: textOf(zipf, largeWords), Vector: vectorOf(r)}
		}
		v := index.Version{Name: fmt.Sprint("d", d), Owner: "ann", DocumentID: fmt.Sprint("d", d), Chunks: perDocument}
		if err := x.Stage(b.Context(), v, chunks); err != nil {
			b.Fatal(err)
		}
		if err := x.Switch(b.Context(), v.Name, ""); err != nil {
			b.Fatal(err)
		}
	}
}

func textOf(zipf *rand.Zipf, words int) string {
	var text strings.Builder
	for range words {
		text.WriteString(strconv.FormatUint((zipf.Uint64()+1)*2654435761%(1<<32), 16))
		text.WriteByte(' ')
	}
	return text.String()
}

func vectorOf(r *rand.Rand) []float32 {
	v := make([]float32, largeDimension)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

// heap is what is alive, in megabytes.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}
