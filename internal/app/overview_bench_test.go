package app_test

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/config"
	"morag/internal/sqlite"
)

// BenchmarkOverview opens the first page of the dashboard on a server with 100,000 jobs, tasks
// and documents, all of the last day: the promise is less than 100 ms of the 95th part. It
// tells, too, how long it takes until the charts are there, which nobody waits for.
func BenchmarkOverview(b *testing.B) {
	set := apptest.Settings(b)
	set.Embedding.EmbeddingDimension = 8
	apptest.Start(b, set).Stop() // makes the tables
	fillLastDay(b, set)
	fillJobs(b, set)
	s := apptest.Start(b, set)
	open := func() string {
		resp, err := http.Get(s.URL + "/ui?span=day")
		if err != nil {
			b.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatal(resp.StatusCode, err)
		}
		return string(body)
	}
	begun := time.Now()
	for !strings.Contains(open(), "<b>100\u202f000</b> done") {
		if time.Since(begun) > 5*time.Minute {
			b.Fatal("the charts do not come")
		}
	}
	charts := time.Since(begun)
	var took []time.Duration
	for b.Loop() {
		for range 200 {
			at := time.Now()
			open()
			took = append(took, time.Since(at))
		}
	}
	slices.Sort(took)
	b.ReportMetric(charts.Seconds(), "s/charts")
	b.ReportMetric(took[len(took)/2].Seconds()*1000, "ms/median")
	b.ReportMetric(took[len(took)*95/100].Seconds()*1000, "ms/p95")
}

// fillLastDay writes tasks that have ended an hour ago, and their documents.
func fillLastDay(b *testing.B, set config.Server) {
	b.Helper()
	db, err := sqlite.Open(b.Context(), sqlite.Config{Path: filepath.Join(set.DataDir, "morag.db")})
	if err != nil {
		b.Fatal(err)
	}
	body := `{"owner":"default","revision":5,"phase":"ended","status":"SUCCESS","stage":"completed","attempt":1,"document_id":"d","source":{"content_type":"audio"}}`
	at := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	err = db.Write(b.Context(), func(ctx context.Context) error {
		_, err := db.Exec(ctx, `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)
			INSERT INTO task (id, owner, phase, status, priority, run_at, runner, lease_until, body)
			SELECT 'task-' || i, 'default', 'ended', 'SUCCESS', 0, 0, '', 0,
				json_set(?2, '$.id', 'task-' || i, '$.completed_at', ?3, '$.created_at', ?3) FROM n`, oldTasks, body, at)
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)
			INSERT INTO document (owner, id, version, submitted, content_type, method, checksum, source_name, source_ref, mime, task,
				content_length, chunk_count, created, updated, metadata, content)
			SELECT 'default', 'doc-' || i, 'task-' || i || '-1', i, 'audio', 'remote', i, 'talk.mp3', '', '', 'task-' || i, 100, 1, i, i, '{}', 'words'
			FROM n`, oldDocuments)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}
