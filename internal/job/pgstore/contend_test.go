package pgstore

import (
	"context"
	"flag"
	"fmt"
	"sync"
	"testing"
	"time"

	"morag/internal/job"
	"morag/internal/postgres"
	"morag/internal/postgres/postgrestest"
)

var claims = flag.Int("claims", 1000, "how many jobs TestContendedClaims has claimed")

// TestContendedClaims: of many who claim at the same time, by several servers, each gets
// others, and together they get all.
func TestContendedClaims(t *testing.T) {
	t.Parallel()
	stores := openAll(t, postgrestest.URL(t))
	multiply(t, stores[0], *claims-1)
	var mu sync.Mutex
	granted := make(map[string]string, *claims)
	var claimants sync.WaitGroup
	begun := time.Now()
	for i := range crowd {
		s, worker := stores[i%servers], fmt.Sprint("worker-", i)
		claimants.Go(func() {
			for {
				jobs, err := s.Claim(t.Context(), job.Claimant{WorkerID: worker}, []string{"audio"}, 1+i%8)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for _, j := range jobs {
					if other, twice := granted[j.ID]; twice || j.Attempt != 1 {
						t.Errorf("%s was granted to %s, attempt %d, and to %q", j.ID, worker, j.Attempt, other)
					}
					granted[j.ID] = worker
				}
				all := len(granted) >= *claims
				mu.Unlock()
				if all || len(jobs) == 0 && nothingWaits(t, s) {
					return
				}
			}
		})
	}
	claimants.Wait()
	took := time.Since(begun)
	t.Logf("%d claims in %.1f s, %.0f a second", len(granted), took.Seconds(), float64(len(granted))/took.Seconds())
	if len(granted) != *claims {
		t.Errorf("%d of %d jobs were granted", len(granted), *claims)
	}
}

// nothingWaits tells that no job waits any more: a claim passes over those that others have
// in hand, and may come back with nothing.
func nothingWaits(t *testing.T, s *Store) bool {
	var some bool
	if err := s.db.QueryRow(t.Context(), "SELECT EXISTS (SELECT 1 FROM job WHERE status = 'pending')").Scan(&some); err != nil {
		t.Error(err)
	}
	return !some
}

// servers is how many have the jobs open, each with connections of its own, and crowd how
// many callers there are at a time.
const (
	servers = 3
	crowd   = 24
)

func openAll(t testing.TB, address string) (stores []*Store) {
	t.Helper()
	for range servers {
		db := postgrestest.Open(t, postgres.Config{URL: address, MaxConns: crowd / servers})
		s, err := Open(t.Context(), Config{DB: db})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		stores = append(stores, s)
	}
	return stores
}

// same are the columns that copies of a job have from it.
const same = `content_type, status, owner, precedence, priority, task_id, completed, available, timeout_at, started, confirmed, attempt, revision,
	worker, claimed_by, claim_id, kept_for, kept_until, withheld_from, withheld_until, ready, bytes, lease_until, confirm_by, progress, message`

// multiply makes one job, which may wait for ever, and copies of it.
func multiply(t testing.TB, s *Store, copies int) {
	t.Helper()
	if _, err := s.Create(t.Context(), job.Spec{ID: "template", ContentType: "audio", Timeout: 1000 * time.Hour}); err != nil {
		t.Fatal(err)
	}
	const atOnce = 10_000
	for from := 0; from < copies; from += atOnce {
		err := s.db.Write(t.Context(), func(ctx context.Context) error {
			to := min(from+atOnce, copies) - 1
			_, err := s.db.Exec(ctx, `INSERT INTO job (id, created, `+same+`) SELECT 'copy-' || n, created + n, `+same+`
				FROM job, generate_series($1::int, $2::int) AS n WHERE id = 'template'`, from, to)
			if err != nil {
				return err
			}
			_, err = s.db.Exec(ctx, `INSERT INTO job_record (id, record) SELECT 'copy-' || n,
				convert_to(jsonb_set(convert_from(record, 'UTF8')::jsonb, '{id}', to_jsonb('copy-' || n))::text, 'UTF8')
				FROM job_record, generate_series($1::int, $2::int) AS n WHERE id = 'template'`, from, to)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.addUp(t.Context()); err != nil {
		t.Fatal(err)
	}
}
