package metrics

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"morag/internal/job"
)

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
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

func TestStoreThatCannotCountFailsTheScrape(t *testing.T) {
	t.Parallel()
	m := New()
	m.WatchJobs(func(context.Context) (job.Stats, error) { return job.Stats{}, errors.New("closed") }, time.Now)
	if got := scrape(t, m); !strings.Contains(got, "closed") {
		t.Errorf("the scrape says %q", got)
	}
}

func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	m := New()
	for _, contentType := range []string{"audio", "x1", "x2", "x3"} {
		m.JobChanged(contentType, job.Entry{From: job.Processing, To: job.Pending, Reason: string(job.LoseLease)})
		m.TaskChanged(contentType, "ended", "SUCCESS")
		m.FellBack(contentType)
		m.Converted(contentType, "local", time.Second)
	}
	m.WebhookTried("5xx")
	m.WebhookEnded("delivered")
	m.WatchWebhooks(func(context.Context) (int, error) { return 7, nil })
	m.Claimed(time.Millisecond)
	m.Synced(time.Millisecond)
	got := scrape(t, m)
	if strings.Contains(got, "x1") {
		t.Error("a client's content type is a label")
	}
	for _, line := range []string{
		`morag_job_transitions_total{content_type="other",event="lease_lost",from="processing",to="pending"} 3`,
		`morag_task_fallbacks_total{content_type="other"} 3`,
		`morag_webhook_tries_total{answer="5xx"} 1`, `morag_webhooks_total{outcome="delivered"} 1`, `morag_webhooks_waiting 7`,
		`morag_job_claim_seconds_count 1`, `morag_job_fsync_seconds_count 1`,
	} {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
}
