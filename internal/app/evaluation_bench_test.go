package app_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"morag/internal/app"
	"morag/internal/config"
	"morag/internal/eval"
)

// BenchmarkSearchLong asks for a hundred hits of chunks of about 4,000 characters, by each
// ranking and by both, with all that an answer has: the passages, the marks and the places.
func BenchmarkSearchLong(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(r, 1.1, 5, 50_000)
	prose := func(n int) string {
		words := make([]string, n)
		for i := range words {
			words[i] = fmt.Sprintf("%x", (zipf.Uint64()+1)*2654435761%(1<<32))
		}
		return strings.Join(words, " ")
	}
	documents := make([]eval.Document, 2000)
	for i := range documents {
		documents[i] = eval.Document{ID: fmt.Sprint(i), Title: prose(5), Text: prose(450)}
	}
	start := time.Now()
	e, err := app.OpenEvaluation(b.Context(), config.Embedding{}, config.Rerank{}, "", documents)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(len(documents))/time.Since(start).Seconds(), "indexed/s")
	defer e.Close()
	b.ResetTimer()
	for _, s := range e.Systems() {
		var took []time.Duration
		for i := range 60 {
			text := prose(2 + i%29)
			start := time.Now()
			if _, err := s.Search(b.Context(), text, 100); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(start))
		}
		slices.SortFunc(took, cmp.Compare[time.Duration])
		b.ReportMetric(1e3*took[len(took)/2].Seconds(), s.Name+"-p50-ms")
		b.ReportMetric(1e3*took[len(took)*99/100].Seconds(), s.Name+"-p99-ms")
	}
	b.ReportMetric(0, "ns/op")
}
