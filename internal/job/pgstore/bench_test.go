package pgstore

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"morag/internal/job"
	"morag/internal/postgres/postgrestest"
)

var (
	pending = flag.Int("pending", 1_000_000, "how many jobs BenchmarkClaim has pending at most")
	run     = flag.Duration("run", 10*time.Second, "how long BenchmarkThroughput measures each figure")
	held    = flag.Duration("held", 30*time.Second, "how long it holds a snapshot before the last")
)

// BenchmarkThroughput measures how many jobs a second are made, claimed and completed by
// three servers, as a share of what pgbench reaches with three bare changes of a row and as
// many clients; and as a share of that when a snapshot has been held for a while, which keeps
// dead rows from being removed.
func BenchmarkThroughput(b *testing.B) {
	address := postgrestest.URL(b)
	stores := openAll(b, address)
	throughput(b, stores) // warms what is to be warm
	bare := pgbench(b, address)
	ours := throughput(b, stores)
	hold, err := pgx.Connect(b.Context(), address)
	if err != nil {
		b.Fatal(err)
	}
	defer hold.Close(context.Background())
	if _, err := hold.Exec(b.Context(), "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM job"); err != nil {
		b.Fatal(err)
	}
	for until := time.Now().Add(*held); time.Now().Before(until); {
		throughput(b, stores)
	}
	old := throughput(b, stores)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ours, "jobs/s")
	b.ReportMetric(bare, "pgbench-jobs/s")
	b.ReportMetric(ours/bare, "of-pgbench")
	b.ReportMetric(old/ours, "with-old-snapshot")
}

// throughput is how many jobs a second go from their making to their result.
func throughput(b *testing.B, stores []*Store) float64 {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), *run)
	defer cancel()
	var done, number atomic.Int64
	var callers sync.WaitGroup
	begun := time.Now()
	for i := range crowd {
		s, worker := stores[i%servers], fmt.Sprint("worker-", i)
		callers.Go(func() {
			for ctx.Err() == nil {
				if !handle(b, s, worker, fmt.Sprintf("%d-%d", begun.UnixNano(), number.Add(1))) {
					return
				}
				done.Add(1)
			}
		})
	}
	callers.Wait()
	return float64(done.Load()) / time.Since(begun).Seconds()
}

// handle makes a job, claims one and brings its result.
func handle(b *testing.B, s *Store, worker, id string) bool {
	ctx := b.Context()
	if _, err := s.Create(ctx, job.Spec{ID: id, ContentType: "audio"}); err != nil {
		b.Error(err)
		return false
	}
	claimed, err := s.Claim(ctx, job.Claimant{WorkerID: worker}, []string{"audio"}, 1)
	if err != nil || len(claimed) != 1 {
		b.Errorf("claimed %d jobs, %v", len(claimed), err)
		return false
	}
	_, err = s.Update(ctx, claimed[0].ID, job.Change{
		Event: job.Succeed, WorkerID: worker, Attempt: claimed[0].Attempt, Result: []byte(`{"success": true, "content": "a text"}`),
	})
	if err != nil {
		b.Error(err)
	}
	return err == nil
}

// bare are the three changes of a row that a job needs at least, each a transaction.
const bare = `\set id random(1, 1000000000)
INSERT INTO bare (id, state, at) VALUES (:id, 0, 0) ON CONFLICT DO NOTHING;
UPDATE bare SET state = 1, at = 1 WHERE id = :id;
UPDATE bare SET state = 2, at = 2 WHERE id = :id;
`

var transactions = regexp.MustCompile(`tps = ([0-9.]+)`)

func pgbench(b *testing.B, address string) float64 {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), address)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(b.Context(), "CREATE TABLE bare (id bigint PRIMARY KEY, state int, at bigint)"); err != nil {
		b.Fatal(err)
	}
	script := filepath.Join(b.TempDir(), "bare.sql")
	if err := os.WriteFile(script, []byte(bare), 0o600); err != nil {
		b.Fatal(err)
	}
	out, err := exec.CommandContext(b.Context(), "pgbench", "-n", "-c", fmt.Sprint(crowd), "-j", "2", "-M", "prepared",
		"-T", fmt.Sprint(int(max(run.Seconds(), 1))), "-f", script, address).CombinedOutput()
	found := transactions.FindSubmatch(out)
	if err != nil || found == nil {
		b.Fatalf("pgbench: %v\n%s", err, out)
	}
	n, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkClaim measures a claim of one job beside a thousand pending ones and beside
// -pending.
func BenchmarkClaim(b *testing.B) {
	few, many := claimTimes(b, 1000), claimTimes(b, *pending)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(few.Seconds()*1e3, "p99-ms")
	b.ReportMetric(many.Seconds()*1e3, "p99-of-many-ms")
	b.ReportMetric(many.Seconds()/few.Seconds(), "many-to-few")
}

// claimTimes is what all but one in a hundred claims take at most beside so many jobs.
func claimTimes(b *testing.B, jobs int) time.Duration {
	b.Helper()
	address := postgrestest.URL(b)
	s := openAll(b, address)[0]
	multiply(b, s, jobs-1)
	var took []time.Duration
	for n := range 600 {
		begun := time.Now()
		claimed, err := s.Claim(b.Context(), job.Claimant{WorkerID: "w"}, []string{"audio"}, 1)
		if err != nil || len(claimed) != 1 {
			b.Fatalf("claimed %d jobs, %v", len(claimed), err)
		}
		if n >= 100 {
			took = append(took, time.Since(begun))
		}
	}
	slices.Sort(took)
	return took[len(took)*99/100]
}
