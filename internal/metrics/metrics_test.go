package metrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"morag/internal/fleet"
	"morag/internal/job"
	"morag/internal/task"
)

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func TestQueuesAreReadAtEachScrape(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	m := New()
	m.WatchJobs(func(context.Context) (job.Stats, error) {
		return job.Stats{
			Depth:   map[string]map[job.Status]int{"audio": {job.Pending: 2}, "mine": {job.Failed: 1}, "theirs": {job.Failed: 2}},
			Waiting: map[string]job.Waiting{"audio": {Count: 2, Oldest: now.Add(-time.Minute)}},
			Bytes:   7,
		}, nil
	}, func() time.Time { return now })
	got := scrape(t, m)
	for _, line := range []string{
		`morag_jobs{content_type="audio",status="pending"} 2`,
		`morag_jobs{content_type="other",status="failed"} 3`,
		`morag_jobs_oldest_pending_seconds{content_type="audio"} 60`,
		`morag_jobs_bytes 7`,
	} {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
}

func TestStoreThatCannotCountIsLeftOutAndCounted(t *testing.T) {
	t.Parallel()
	m := New()
	m.WatchJobs(func(context.Context) (job.Stats, error) { return job.Stats{}, errors.New("closed") }, time.Now)
	m.WatchTasks(func(context.Context) (task.Backlog, error) {
		return task.Backlog{Queued: 3, NoticeLate: time.Minute}, nil
	})
	scrape(t, m)
	lines(t, scrape(t, m), `morag_tasks{phase="queued"} 3`, `morag_webhooks_late_seconds 60`,
		`promhttp_metric_handler_errors_total{cause="gathering"} 1`)
}

// lines checks that what is told has these.
func lines(t *testing.T, told string, want ...string) {
	t.Helper()
	for _, line := range want {
		if !strings.Contains(told, line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
}

func TestGaugesTellTheWhole(t *testing.T) {
	t.Parallel()
	m := New()
	m.Tell("1.2.3")
	m.WatchWorkers(func(context.Context) (map[fleet.State]int, int, error) {
		return map[fleet.State]int{fleet.Active: 2, fleet.Drained: 1}, 1, nil
	})
	m.WatchIndex(func(context.Context) (int, int, error) { return 4, 90, nil })
	m.WatchStorage(func(context.Context) (Storage, error) {
		return Storage{Parts: map[string]int64{"database": 5}, Free: 6, All: 7}, nil
	})
	m.WatchEngines(func() Engines { return Engines{Busy: 1, Idle: 2, Memory: 8} })
	m.WatchReindexing(func(context.Context) (int, error) { return 9, nil })
	lines(t, scrape(t, m), `morag_build_info{version="1.2.3"} 1`,
		`morag_workers{state="active"} 2`, `morag_workers{state="silent"} 0`, `morag_workers{state="set_aside"} 0`, `morag_workers{state="drained"} 1`,
		`morag_workers_busy 1`, `morag_index_documents 4`, `morag_index_chunks 90`, `morag_storage_bytes{part="database"} 5`,
		`morag_disk_free_bytes 6`, `morag_disk_bytes 7`, `morag_engines{state="busy"} 1`, `morag_engines{state="idle"} 2`,
		`morag_engines_memory_bytes 8`, `morag_reindex_chunks_left 9`)
}

// series is how many lines with a figure there are.
func series(told string) (n int) {
	for line := range strings.Lines(told) {
		if !strings.HasPrefix(line, "#") {
			n++
		}
	}
	return n
}

func TestWhatStrangersChooseAddsNoSeries(t *testing.T) {
	t.Parallel()
	m := New()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /workers/{id}", func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	handler := m.Requests(mux)
	use := func(i int) {
		id := fmt.Sprint("x", i)
		m.JobChanged(id, job.Entry{From: job.Processing, To: job.Pending, Reason: string(job.LoseLease), WorkerID: id})
		m.JobWaited(id, time.Second)
		m.TaskChanged(id, "ended", "SUCCESS")
		m.TaskRetried(id, "lost")
		m.TaskEnded(id, "SUCCESS", time.Second)
		m.Staged(id, "embed", time.Second)
		m.FellBack(id)
		m.PartEnded(id, "completed")
		m.Corrected(id)
		m.Converted(id, "local", time.Second)
		handler.ServeHTTP(discard{}, []*http.Request{
			{Method: "POST", URL: &url.URL{Path: "/workers/" + id}, Body: io.NopCloser(strings.NewReader("1234"))},
			{Method: "GET", URL: &url.URL{Path: "/" + id}},
			{Method: "X" + id, URL: &url.URL{Path: "/"}},
		}[i%3])
	}
	for i := range 3 {
		use(i)
	}
	before := series(scrape(t, m))
	const strangers = 100_002
	for i := 3; i < strangers; i++ {
		use(i)
	}
	told := scrape(t, m)
	if got := series(told); got != before {
		t.Errorf("%d strangers made %d series of %d", strangers, got, before)
	}
	lines(t, told,
		`morag_job_transitions_total{content_type="other",event="lease_lost",from="processing",to="pending"} 100002`,
		`morag_task_fallbacks_total{content_type="other"} 100002`,
		`morag_http_requests_total{method="POST",route="/workers/{id}",status="200"} 33334`,
		`morag_http_received_bytes_total{method="POST",route="/workers/{id}"} 133336`,
		`morag_http_sent_bytes_total{method="POST",route="/workers/{id}"} 133336`,
		`morag_http_requests_total{method="GET",route="none",status="404"} 33334`,
		`morag_http_requests_total{method="other",route="none",status="404"} 33334`,
		`morag_http_requests_under_way 0`)
}

// discard is where answers go that nobody looks at.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}

func TestAnswersAreCountedAsTheyWere(t *testing.T) {
	t.Parallel()
	m := New()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /silent", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /hinted", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusTeapot)
		w.WriteHeader(http.StatusOK)
	})
	mux.HandleFunc("GET /broken", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("/any", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "abc") })
	handler := m.Requests(mux)
	for _, path := range []string{"/silent", "/hinted", "/broken", "/any"} {
		func() {
			defer func() {
				if p := recover(); p != nil && p != http.ErrAbortHandler {
					t.Error(p)
				}
			}()
			handler.ServeHTTP(discard{}, httptest.NewRequest("GET", path, nil))
		}()
	}
	lines(t, scrape(t, m),
		`morag_http_requests_total{method="GET",route="/silent",status="200"} 1`,
		`morag_http_requests_total{method="GET",route="/hinted",status="418"} 1`,
		`morag_http_requests_total{method="GET",route="/broken",status="aborted"} 1`,
		`morag_http_requests_total{method="GET",route="/any",status="200"} 1`,
		`morag_http_sent_bytes_total{method="GET",route="/any"} 3`,
		`morag_http_requests_under_way 0`)
}

func TestMeasuresAreTold(t *testing.T) {
	t.Parallel()
	m := New()
	m.WebhookTried("5xx")
	m.WebhookEnded("delivered")
	m.WebhookDelivered(-time.Second) // of a clock that is behind
	m.Claimed(time.Millisecond)
	m.Synced(time.Millisecond)
	m.Committed(time.Millisecond)
	m.Staged("audio", "embed", 2*time.Second)
	m.PollWaits(1)
	lines(t, scrape(t, m), `morag_webhook_tries_total{answer="5xx"} 1`, `morag_webhooks_total{outcome="delivered"} 1`,
		`morag_webhook_delivery_seconds_sum 0`, `morag_webhook_delivery_seconds_count 1`,
		`morag_job_claim_seconds_count 1`, `morag_job_fsync_seconds_count 1`, `morag_database_commit_seconds_count 1`,
		`morag_stage_seconds_sum{content_type="audio",stage="embed"} 2`, `morag_polls_waiting 1`)
}

func TestRareCountersBeginAtZero(t *testing.T) {
	t.Parallel()
	lines(t, scrape(t, New()),
		`morag_backups_total{outcome="ready"} 0`, `morag_backups_total{outcome="failed"} 0`,
		`morag_webhooks_total{outcome="given_up"} 0`, `morag_task_fallbacks_total{content_type="other"} 0`)
}
