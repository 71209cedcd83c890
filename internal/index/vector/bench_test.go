package vector

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
)

// BenchmarkSearch finds the ten nearest, and compares with the plain way in the
// same run: score every vector in a loop, sort all. Both medians, and how many times
// faster.
func BenchmarkSearch(b *testing.B) {
	const dimension = 512
	for _, n := range []int{10_000, 100_000} {
		for _, perGroup := range []int{50, 1} {
			b.Run(fmt.Sprintf("chunks=%d/perDocument=%d", n, perGroup), func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, 1))
				vectors := data["random"](r, dimension, n)
				for _, v := range vectors {
					normalize(v)
				}
				queries := data["random"](r, dimension, 50)
				slow := median(9, func(i int) { scanAndSort(vectors, queries[i]) })

				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				s := filled(dimension, perGroup, vectors)
				runtime.GC()
				runtime.ReadMemStats(&after)
				snapshot := s.Snapshot()
				b.ResetTimer()
				fast := median(max(b.N, 20), func(i int) {
					if _, err := snapshot.Nearest(b.Context(), Query{Vector: queries[i%len(queries)], N: 10}); err != nil {
						b.Fatal(err)
					}
				})
				runtime.KeepAlive(vectors)
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(fast.Seconds()*1e3, "p50-ms")
				b.ReportMetric(slow.Seconds()*1e3, "naive-p50-ms")
				b.ReportMetric(slow.Seconds()/fast.Seconds(), "×naive")
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n), "B/chunk")
			})
		}
	}
}

func median(times int, do func(i int)) time.Duration {
	took := make([]time.Duration, times)
	for i := range took {
		start := time.Now()
		do(i)
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return took[times/2]
}

func scanAndSort(vectors [][]float32, query []float32) []Match {
	matches := make([]Match, len(vectors))
	for i, v := range vectors {
		var score float32
		for j := range v {
			score += v[j] * query[j]
		}
		matches[i] = Match{ID: int64(i), Score: score}
	}
	slices.SortFunc(matches, better)
	return matches[:10]
}

// BenchmarkSwitch is what a document's switch costs the writer, with as many others.
func BenchmarkSwitch(b *testing.B) {
	for _, documents := range []int{1_000, 100_000} {
		b.Run(fmt.Sprintf("documents=%d", documents), func(b *testing.B) {
			s := filled(32, 1, data["random"](rand.New(rand.NewPCG(1, 1)), 32, documents))
			i := int64(0)
			for b.Loop() {
				i++
				s.Switch([]Shown{{Group: 1 + i%2}}, []int64{2 - i%2})
			}
		})
	}
}
