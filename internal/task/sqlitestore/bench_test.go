package sqlitestore_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"morag/internal/sqlite"
	"morag/internal/task"
	"morag/internal/task/sqlitestore"
)

var noon = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// filled is a store with n tasks of so many owners that may run from at on.
func filled(b *testing.B, n, owners int, at time.Time) (*sqlitestore.Store, *sqlite.DB) {
	b.Helper()
	s, db := open(b, filepath.Join(b.TempDir(), "bench.db"), func() time.Time { return noon })
	for from := 0; from < n; from += 10_000 {
		if err := db.Write(b.Context(), func(ctx context.Context) error {
			for i := from; i < min(n, from+10_000); i++ {
				t := queued(fmt.Sprint("t", i))
				t.RunAt, t.Owner = at, fmt.Sprint("owner", i%owners)
				t.Options.Priority = i % 3
				t.Batch = fmt.Sprint("b", i%(n/100))
				if err := s.Create(ctx, t); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	return s, db
}

// BenchmarkStore is what calls cost with few and with many tasks there. Claims and
// updates are measured inside one transaction, without the fsync that they share.
func BenchmarkStore(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		s, db := filled(b, n, 1, noon)
		ctx := b.Context()
		each := func(name string, call func(ctx context.Context) error) {
			b.Run(fmt.Sprintf("%s/tasks=%d", name, n), func(b *testing.B) {
				for b.Loop() {
					if err := call(ctx); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run(fmt.Sprintf("claim+postpone/tasks=%d", n), func(b *testing.B) { claimAndPostpone(b, s, db) })
		each("get", func(ctx context.Context) error { _, err := s.Get(ctx, "t50"); return err })
		each("count", func(ctx context.Context) error { _, err := s.Count(ctx, ""); return err })
		each("list100", func(ctx context.Context) error { _, _, err := s.List(ctx, task.Filter{}); return err })
		each("list-active", func(ctx context.Context) error {
			_, _, err := s.List(ctx, task.Filter{Status: []task.Status{task.Pending, task.Progress}, Limit: 100})
			return err
		})
		each("list-batch", func(ctx context.Context) error {
			_, _, err := s.List(ctx, task.Filter{Batch: "b0", Limit: 1000})
			return err
		})
		each("count-items", func(ctx context.Context) error { _, err := s.CountItems(ctx, "b0"); return err })
		each("ripe", func(ctx context.Context) error { _, err := s.Ripe(ctx, 100); return err })
		each("count-open", func(ctx context.Context) error {
			_, err := s.Count(ctx, "", task.Pending, task.Progress)
			return err
		})
		each("lost", func(ctx context.Context) error { _, err := s.Lost(ctx); return err })
		each("next-run", func(ctx context.Context) error { _, err := s.NextRun(ctx); return err })
	}
}

func claimAndPostpone(b *testing.B, s *sqlitestore.Store, db *sqlite.DB) {
	err := db.Write(b.Context(), func(ctx context.Context) error {
		for b.Loop() {
			t, err := s.Claim(ctx, "r", time.Minute)
			if err != nil {
				return err
			}
			if _, err := s.Update(ctx, t.ID, func(t *task.Task, _ time.Time) error { return t.Postpone(t.Attempt, "", noon) }); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Error(err)
	}
}

// BenchmarkClaimOfOwners is a claim where many owners take turns.
func BenchmarkClaimOfOwners(b *testing.B) {
	for _, owners := range []int{1, 100, 10_000} {
		s, db := filled(b, 100_000, owners, noon)
		b.Run(fmt.Sprintf("owners=%d", owners), func(b *testing.B) { claimAndPostpone(b, s, db) })
	}
}

// BenchmarkClaimAllDeferred is a look for work when every task waits for its backoff.
func BenchmarkClaimAllDeferred(b *testing.B) {
	s, _ := filled(b, 100_000, 1, noon.Add(task.LongestWait))
	for b.Loop() {
		if t, err := s.Claim(b.Context(), "r", time.Minute); t != nil || err != nil {
			b.Fatal(t, err)
		}
	}
}

// BenchmarkCreate is acknowledged tasks a second, by one caller and by many.
func BenchmarkCreate(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s, _ := open(b, filepath.Join(b.TempDir(), "bench.db"), time.Now)
			work := make(chan string, b.N)
			for i := range b.N {
				work <- fmt.Sprint("t", i)
			}
			close(work)
			b.ResetTimer()
			done := make(chan error, callers)
			for range callers {
				go func() {
					var err error
					for id := range work {
						if e := s.Create(b.Context(), queued(id)); e != nil {
							err = e
						}
					}
					done <- err
				}()
			}
			for range callers {
				if err := <-done; err != nil {
					b.Error(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tasks/s")
		})
	}
}

// BenchmarkNotices is a look for due notices past those of a host that is busy, which
// is what a receiver that hangs costs the others.
func BenchmarkNotices(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		b.Run(fmt.Sprintf("busy=%d", n), func(b *testing.B) {
			s, db := open(b, filepath.Join(b.TempDir(), "bench.db"), func() time.Time { return noon })
			if err := db.Write(b.Context(), func(ctx context.Context) error {
				for i := range n + 1 {
					t := queued(fmt.Sprint("t", i))
					t.Options.Webhook = &task.Webhook{URL: "https://busy.example"}
					at := noon.Add(-time.Hour)
					if i == n {
						t.Options.Webhook, at = &task.Webhook{URL: "https://free.example"}, noon
					}
					if err := t.Revoke(at); err != nil {
						return err
					}
					if err := s.Create(ctx, t); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				due, _, err := s.ClaimNotices(b.Context(), "d", task.Busy{Receivers: []string{"busy.example"}}, 32, 0)
				if err != nil || len(due) != 1 {
					b.Fatal(len(due), err)
				}
			}
		})
	}
}
