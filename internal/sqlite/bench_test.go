package sqlite

import (
	"fmt"
	"sync/atomic"
	"testing"
)

// BenchmarkWrite compares one caller, who pays an fsync a row, with many at once,
// who share it.
func BenchmarkWrite(b *testing.B) {
	for _, writers := range []int{1, 8, 64, 256} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			db := open(b, Config{})
			var n atomic.Int64
			before := db.Commits()
			run := make(chan struct{}, b.N)
			for range b.N {
				run <- struct{}{}
			}
			close(run)
			b.ResetTimer()
			done := make(chan error, writers)
			for range writers {
				go func() {
					var err error
					for range run {
						if e := db.add(b.Context(), fmt.Sprint(n.Add(1))); e != nil {
							err = e
						}
					}
					done <- err
				}()
			}
			for range writers {
				if err := <-done; err != nil {
					b.Error(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
			b.ReportMetric(float64(b.N)/float64(db.Commits()-before), "writes/commit")
		})
	}
}

// BenchmarkStatement is the cost of a row within one transaction.
func BenchmarkStatement(b *testing.B) {
	db := open(b, Config{})
	words := make([]string, b.N)
	for i := range words {
		words[i] = fmt.Sprint(i)
	}
	b.ResetTimer()
	if err := db.add(b.Context(), words...); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkQuery is the cost of reading one row by its key.
func BenchmarkQuery(b *testing.B) {
	db := open(b, Config{})
	if err := db.add(b.Context(), "word"); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		var id int
		if err := db.QueryRow(b.Context(), "SELECT id FROM note WHERE word = ?", "word").Scan(&id); err != nil {
			b.Fatal(err)
		}
	}
}
