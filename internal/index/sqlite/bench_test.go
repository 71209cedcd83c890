package sqlite_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"morag/internal/embed"
	"morag/internal/embed/hash"
	"morag/internal/index"
	indexsqlite "morag/internal/index/sqlite"
)

// BenchmarkSearch asks questions of six words, common ones among them, by vector and
// by words, of an index of the default embedder, and compares with the plain way in
// the same run: score every vector in a loop, sort all. Medians, and how many times
// faster both searches together are.
func BenchmarkSearch(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("chunks=%d", n), func(b *testing.B) {
			embedder := hash.New(0)
			r := rand.New(rand.NewPCG(1, 2))
			x, vectors := library(b, embedder, r, n)
			questions := make([]string, 20)
			for i := range questions {
				questions[i] = prose(r, 6)
			}
			queries, err := embedder.Embed(b.Context(), embed.Query, questions)
			if err != nil {
				b.Fatal(err)
			}
			naive := median(9, func(i int) { scanAndSort(vectors, queries[i]) })
			b.ResetTimer()
			n := max(b.N, 20)
			nearest := median(n, func(i int) {
				_, err := x.Nearest(b.Context(), queries[i%len(queries)], 50, index.Scope{})
				fatal(b, err)
			})
			filtered := median(n, func(i int) {
				filter, err := index.ParseFilter(map[string]any{"language": "en", "number": map[string]any{"gte": 10}})
				fatal(b, err)
				_, err = x.Nearest(b.Context(), queries[i%len(queries)], 50, index.Scope{Filter: filter})
				fatal(b, err)
			})
			match := median(n, func(i int) {
				_, err := x.Match(b.Context(), questions[i%len(questions)], 50, index.Scope{})
				fatal(b, err)
			})
			matched := times(max(b.N, 300), func(i int) {
				_, err := x.Match(b.Context(), prose(r, 2+i%29), 50, index.Scope{})
				fatal(b, err)
			})
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(1e3*matched[len(matched)/2].Seconds(), "match-2to30words-p50-ms")
			b.ReportMetric(1e3*matched[len(matched)*99/100].Seconds(), "match-2to30words-p99-ms")
			b.ReportMetric(1e3*nearest.Seconds(), "nearest-p50-ms")
			b.ReportMetric(1e3*filtered.Seconds(), "filtered-p50-ms")
			b.ReportMetric(1e3*match.Seconds(), "match-p50-ms")
			b.ReportMetric(1e3*naive.Seconds(), "naive-p50-ms")
			b.ReportMetric(naive.Seconds()/nearest.Seconds(), "nearest-×naive")
			b.ReportMetric(naive.Seconds()/(nearest+match).Seconds(), "both-×naive")
		})
	}
}

// library is an index of n chunks, 50 to a document, and their vectors.
func library(b *testing.B, embedder *hash.Embedder, r *rand.Rand, n int) (*indexsqlite.Index, [][]float32) {
	b.Helper()
	model := embedder.Model()
	x, err := indexsqlite.Open(b.Context(), indexsqlite.Config{DB: database(b), Model: model.Name, Dimension: model.Dimension})
	fatal(b, err)
	b.Cleanup(func() { x.Close() })
	<-x.Loaded()
	var vectors [][]float32
	for d := range n / 50 {
		texts := make([]string, 50)
		for i := range texts {
			texts[i] = prose(r, 60)
		}
		v, err := embedder.Embed(b.Context(), embed.Passage, texts)
		fatal(b, err)
		vectors = append(vectors, v...)
		chunks := make([]index.Chunk, len(texts))
		for i := range chunks {
			chunks[i] = index.Chunk{Index: i, Content: texts[i], Vector: v[i], Metadata: map[string]any{"page": i / 5}}
		}
		id := fmt.Sprint("d", d)
		fatal(b, x.Stage(b.Context(), index.Version{Name: id, DocumentID: id, Chunks: len(chunks),
			Metadata: map[string]any{"language": []string{"de", "en"}[d%2], "number": d, "title": texts[0][:20]}}, chunks))
		fatal(b, x.Switch(b.Context(), id, ""))
	}
	return x, vectors
}

// prose is n words that are as unevenly common as those of a language.
func prose(r *rand.Rand, n int) string {
	zipf := rand.NewZipf(r, 1.1, 5, 50_000)
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf("%x", (zipf.Uint64()+1)*2654435761%(1<<32))
	}
	return strings.Join(words, " ")
}

func median(n int, do func(i int)) time.Duration { return times(n, do)[n/2] }

// times are how long each took, the shortest first.
func times(n int, do func(i int)) []time.Duration {
	took := make([]time.Duration, n)
	for i := range took {
		start := time.Now()
		do(i)
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return took
}

type scored struct {
	chunk int
	score float32
}

func scanAndSort(vectors [][]float32, query []float32) []scored {
	all := make([]scored, len(vectors))
	for i, v := range vectors {
		var score float32
		for j := range v {
			score += v[j] * query[j]
		}
		all[i] = scored{i, score}
	}
	slices.SortFunc(all, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	return all[:50]
}

func fatal(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
