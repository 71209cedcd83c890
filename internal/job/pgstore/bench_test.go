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
// three servers, as a share of what pgbench reaches with the same changes of rows and nothing around
// them, and as many clients; and as a share of that when a snapshot has been held for a while, which keeps
// dead rows from being removed.
func BenchmarkThroughput(b *testing.B) {
	address := postgrestest.URL(b)
	stores := openAll(b, address)
	throughput(b, stores) // warms what is to be warm
	bare := pgbench(b)
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
	var claimed []*job.Job
	for len(claimed) == 0 { // others may have what was there a moment ago
		var err error
		if claimed, err = s.Claim(ctx, job.Claimant{WorkerID: worker}, []string{"audio"}, 1); err != nil {
			b.Error(err)
			return false
		}
	}
	_, err := s.Update(ctx, claimed[0].ID, job.Change{
		Event: job.Succeed, WorkerID: worker, Attempt: claimed[0].Attempt, Result: []byte(`{"success": true, "content": "a text"}`),
	})
	if err != nil {
		b.Error(err)
	}
	return err == nil
}

// bare are the changes of rows that a job makes when it is made, claimed and completed, with
// nothing around them: each one statement and one transaction. The record has the bytes that
// ours have.
const bare = `\set n random(1, 1000000000000)
WITH made AS (INSERT INTO job (id, created, ` + same + `) SELECT 'j' || :n, :n, ` + same + ` FROM template_job RETURNING id),
	recorded AS (INSERT INTO job_record (id, record) SELECT 'j' || :n, record FROM template_record)
	INSERT INTO job_change (n, id) SELECT 0, id FROM made;
WITH changed AS (UPDATE job SET status = 'processing', attempt = 1, revision = 2, worker = 'w', started = 1, claim_id = 'c', ready = false WHERE id = 'j' || :n),
	recorded AS (UPDATE job_record SET record = record || ''::bytea WHERE id = 'j' || :n)
	INSERT INTO job_change (n, id) SELECT 0, 'j' || :n;
WITH changed AS (UPDATE job SET status = 'completed', completed = 1, confirmed = 1, revision = 3 WHERE id = 'j' || :n),
	recorded AS (UPDATE job_record SET record = record || ''::bytea WHERE id = 'j' || :n),
	brought AS (INSERT INTO job_result (id, result) VALUES ('j' || :n, '{"success": true, "content": "a text"}'))
	INSERT INTO job_change (n, id) SELECT 0, 'j' || :n;
`

var transactions = regexp.MustCompile(`tps = ([0-9.]+)`)

func pgbench(b *testing.B) float64 {
	b.Helper()
	address := postgrestest.URL(b)
	conn, err := pgx.Connect(b.Context(), address)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := openAll(b, address)[0].Create(b.Context(), job.Spec{ID: "template", ContentType: "audio"}); err != nil {
		b.Fatal(err)
	}
	_, err = conn.Exec(b.Context(), `CREATE TABLE template_job AS SELECT * FROM job; CREATE TABLE template_record AS SELECT * FROM job_record`)
	if err != nil {
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
