package sqlite_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"morag/internal/index"
	indexsqlite "morag/internal/index/sqlite"
	"morag/internal/sqlite"
)

var (
	largeChunks = flag.Int("chunks", 100_000, "chunks of BenchmarkLarge")
	largeFolder = flag.String("folder", "", "where BenchmarkLarge keeps its index for the next run; it makes one that is not there")
)

const (
	largeDimension = 512
	largeWords     = 60 // of a chunk: 400 characters
	largeClusters  = 2000
)

// BenchmarkLarge starts on an index that was saved, and tells how long that takes, how much
// memory the process has then and after the searches, how long these take, and how many of
// the ten nearest by the definition are found. To measure a start alone, run it twice with
// one folder:
//
//	go test -run '^$' -bench Large -benchtime 1x ./internal/index/sqlite -args -chunks 1000000 -folder large
func BenchmarkLarge(b *testing.B) {
	folder := *largeFolder
	if folder == "" {
		folder = b.TempDir()
	}
	if _, err := os.Stat(filepath.Join(folder, "index")); err != nil {
		makeLarge(b, folder, *largeChunks)
	}
	start := time.Now()
	x := openLarge(b, folder)
	b.ReportMetric(time.Since(start).Seconds(), "start-s")
	b.ReportMetric(resident(b), "start-MB")
	b.ReportMetric(heap(), "start-heap-MB")

	r := rand.New(rand.NewPCG(7, 7))
	centres, noise := largeCentres(), newNoise(r)
	queries := make([][]float32, 20)
	for i := range queries {
		queries[i] = noise.near(r, centres[r.IntN(len(centres))])
	}
	spent := cpu(b)
	nearest := times(100, func(i int) {
		_, err := x.Nearest(b.Context(), queries[i%len(queries)], 100, index.Scope{AllOwners: true})
		fatal(b, err)
	})
	b.ReportMetric(1e3*(cpu(b)-spent).Seconds()/100, "nearest-cpu-ms")
	spent = cpu(b)
	questions := rand.New(rand.NewPCG(8, 8))
	match := times(200, func(i int) {
		_, err := x.Match(b.Context(), prose(questions, 2+i%29), 100, index.Scope{AllOwners: true})
		fatal(b, err)
	})
	b.ReportMetric(1e3*(cpu(b)-spent).Seconds()/200, "match-cpu-ms")
	b.ReportMetric(resident(b), "searched-MB")
	b.ReportMetric(heap(), "searched-heap-MB")
	for name, took := range map[string][]time.Duration{"nearest": nearest, "match": match} {
		b.ReportMetric(1e3*took[len(took)/2].Seconds(), name+"-p50-ms")
		b.ReportMetric(1e3*took[len(took)*99/100].Seconds(), name+"-p99-ms")
	}
	b.ReportMetric(recall(b, x, queries), "recall@10")
	b.ReportMetric(0, "ns/op")
}

func openLarge(b *testing.B, folder string) *indexsqlite.Index {
	b.Helper()
	db, err := sqlite.Open(context.WithoutCancel(b.Context()), sqlite.Config{Path: filepath.Join(folder, "morag.db")})
	fatal(b, err)
	x, err := indexsqlite.Open(b.Context(), indexsqlite.Config{
		DB: db, Folder: filepath.Join(folder, "index"), Model: "large", Dimension: largeDimension,
	})
	fatal(b, err)
	b.Cleanup(func() {
		fatal(b, x.Close())
		fatal(b, db.Close())
	})
	<-x.Loaded()
	fatal(b, x.Ready())
	return x
}

// makeLarge writes the rows of an index, in large transactions, and has it save what it makes
// of them.
func makeLarge(b *testing.B, folder string, n int) {
	b.Helper()
	fatal(b, os.MkdirAll(folder, 0o700))
	db, err := sqlite.Open(context.WithoutCancel(b.Context()), sqlite.Config{Path: filepath.Join(folder, "morag.db")})
	fatal(b, err)
	cfg := indexsqlite.Config{DB: db, Folder: filepath.Join(folder, "index"), Model: "large", Dimension: largeDimension}
	x, err := indexsqlite.Open(b.Context(), cfg)
	fatal(b, err)
	fatal(b, x.Close())
	r := rand.New(rand.NewPCG(1, 2))
	centres, noise := largeCentres(), newNoise(r)
	zipf := rand.NewZipf(r, 1.1, 5, 2_000_000)
	var text strings.Builder
	const perDocument, perWrite = 50, 40
	for d := 0; d*perDocument < n; d += perWrite {
		fatal(b, db.Write(b.Context(), func(ctx context.Context) error {
			for d := range perWrite {
				chunks := make([]indexsqlite.Row, perDocument)
				for i := range chunks {
					text.Reset()
					for range largeWords {
						text.WriteString(strconv.FormatUint((zipf.Uint64()+1)*2654435761%(1<<32), 16))
						text.WriteByte(' ')
					}
					chunks[i] = indexsqlite.Row{Content: text.String(), Vector: noise.near(r, centres[r.IntN(len(centres))])}
				}
				if err := x.Insert(ctx, fmt.Sprint("d", d, "-", r.Uint64()), chunks); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	x, err = indexsqlite.Open(b.Context(), cfg)
	fatal(b, err)
	<-x.Loaded()
	fatal(b, x.Ready())
	fatal(b, x.Save(b.Context()))
	fatal(b, x.Close())
	fatal(b, db.Close())
}

// largeCentres are what chunks are about: theirs is a vector near one of them.
func largeCentres() [][]float32 {
	r := rand.New(rand.NewPCG(5, 6))
	all := make([][]float32, largeClusters)
	for i := range all {
		all[i] = make([]float32, largeDimension)
		for j := range all[i] {
			all[i][j] = float32(r.NormFloat64())
		}
	}
	return all
}

// noise is random numbers, since to make them anew takes most of the time.
type noise []float32

func newNoise(r *rand.Rand) noise {
	all := make(noise, 1<<20)
	for i := range all {
		all[i] = float32(r.NormFloat64())
	}
	return all
}

// near is a vector near a centre, about as near as texts of one subject are.
func (n noise) near(r *rand.Rand, centre []float32) []float32 {
	v := make([]float32, len(centre))
	from := n[r.IntN(len(n)-len(v)):]
	for i := range v {
		v[i] = centre[i] + from[i]
	}
	return v
}

// recall is how many of the ten nearest by the definition are among the ten that are found.
func recall(b *testing.B, x *indexsqlite.Index, queries [][]float32) float64 {
	b.Helper()
	found := 0
	exact := x.Exact(b.Context(), queries, 10)
	for i, q := range queries {
		got, err := x.Nearest(b.Context(), q, 10, index.Scope{AllOwners: true})
		fatal(b, err)
		for _, f := range got {
			if slices.Contains(exact[i], f.Chunk) {
				found++
			}
		}
	}
	return float64(found) / float64(10*len(queries))
}

// cpu is what the process has used of its processors, which the others on a machine change
// less than the time that has passed.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	fatal(b, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// heap is how much of the memory is the program's own.
func heap() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse) / 1e6
}

// resident is the memory of the process in MB.
func resident(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0 // not on this system
	}
	for line := range strings.Lines(string(status)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kb); n == 1 {
			return kb / 1000
		}
	}
	return 0
}
