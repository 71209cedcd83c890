package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"morag/internal/app/apptest"
	"morag/internal/blob"
	"morag/internal/config"
	"morag/internal/job"
	"morag/internal/sqlite"
	"morag/internal/wire"
)

// A folder with history: what a server has after weeks.
const (
	oldJobs      = 100_000
	oldTasks     = 100_000
	oldDocuments = 100_000
	oldChunks    = 1_000_000
	oldFiles     = 20_000 // nobody knows of; as many are used
)

// BenchmarkCleanup cleans up a folder with history: when there is nothing to remove but files
// that nobody knows of, and when all its jobs are. It tells how long it takes, in as many
// calls as there are, to remove them all, and how long the longest call is, which the
// promise is at most 5 s for.
func BenchmarkCleanup(b *testing.B) {
	set := apptest.Settings(b)
	set.Embedding.EmbeddingDimension = 8
	apptest.Start(b, set).Stop() // makes the tables
	fillDatabase(b, set)
	fillJobs(b, set)
	fillFiles(b, set)
	s := apptest.Start(b, set)
	// The server has begun by itself to remove them: those that are left tell whether all went.
	_, filesLongest := cleanAll(b, s.URL+"/api/v1/admin/cleanup", func(done cleaned) int { return done.OrphanedFiles })
	left, err := filepath.Glob(filepath.Join(set.DataDir, "uploads", "[0-9a-f][0-9a-f]", "*"))
	if err != nil || len(left) != oldFiles {
		b.Errorf("%d files are left, want %d: %v", len(left), oldFiles, err)
	}
	clean := func(days int) (wire.Cleaned, time.Duration) {
		begun := time.Now()
		done, err := s.CleanupJobs(b.Context(), days)
		if err != nil {
			b.Fatal(err)
		}
		return done, time.Since(begun)
	}
	for b.Loop() {
		if done, took := clean(7); done.CleanedJobs != 0 {
			b.Fatalf("%d jobs removed within the retention after %s", done.CleanedJobs, took)
		}
	}
	begun := time.Now()
	removed, longest := cleanAll(b, s.URL+"/api/v1/remote-jobs/cleanup", func(done cleaned) int { return done.CleanedJobs })
	if removed != oldJobs {
		b.Errorf("%d jobs removed, want %d", removed, oldJobs)
	}
	b.ReportMetric(time.Since(begun).Seconds(), "s/all")
	b.ReportMetric(max(longest, filesLongest).Seconds(), "s/call")
}

// cleaned is what both calls answer.
type cleaned struct {
	CleanedJobs   int  `json:"cleaned_jobs"`
	OrphanedFiles int  `json:"orphaned_files"`
	More          bool `json:"more"`
}

// cleanAll calls until there is no more, and tells how much was done and how long the longest
// call was.
func cleanAll(b *testing.B, url string, count func(cleaned) int) (removed int, longest time.Duration) {
	b.Helper()
	for more := true; more; {
		call := time.Now()
		resp, err := http.Post(url, "application/json", strings.NewReader(`{"days_old": 0}`))
		if err != nil {
			b.Fatal(err)
		}
		var done cleaned
		if err := errors.Join(json.NewDecoder(resp.Body).Decode(&done), resp.Body.Close()); err != nil {
			b.Fatal(err)
		}
		longest, removed, more = max(longest, time.Since(call)), removed+count(done), done.More
	}
	return removed, longest
}

// fillFiles writes files that documents use, and as many that nobody knows of.
func fillFiles(b *testing.B, set config.Server) {
	b.Helper()
	old := time.Now().Add(-2 * blob.Grace)
	for i := range 2 * oldFiles {
		id := fmt.Sprintf("%02x%030x", i%256, i)
		path := filepath.Join(set.DataDir, "uploads", id[:2], id)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("ID3"), 0o600), os.Chtimes(path, old, old)); err != nil {
			b.Fatal(err)
		}
	}
}

// fillJobs writes jobs that are over, without a single sync.
func fillJobs(b *testing.B, set config.Server) {
	b.Helper()
	dir := filepath.Join(set.JobsDir(), string(job.Cancelled))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.Fatal(err)
	}
	policy, begun := job.Policy{}.WithDefaults(), time.Now().Add(-time.Hour)
	for i := range oldJobs {
		at := begun.Add(time.Duration(i) * time.Millisecond)
		j := policy.New(job.Spec{ID: fmt.Sprint("job-", i), IngestionTaskID: fmt.Sprint("task-", i), ContentType: "audio", SourceFilePath: "blob:x"}, at)
		if err := policy.Apply(j, job.Change{Event: job.Cancel, Now: at}); err != nil {
			b.Fatal(err)
		}
		data, err := json.Marshal(j)
		if err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, j.ID+".json"), append(data, '\n'), 0o600); err != nil {
			b.Fatal(err)
		}
	}
}

// fillDatabase writes the tasks of those jobs, which have ended, their documents with their
// chunks, and who uses every second file.
func fillDatabase(b *testing.B, set config.Server) {
	b.Helper()
	db, err := sqlite.Open(b.Context(), sqlite.Config{Path: filepath.Join(set.DataDir, "morag.db")})
	if err != nil {
		b.Fatal(err)
	}
	body := `{"owner":"default","revision":5,"phase":"ended","status":"SUCCESS","stage":"completed","attempt":1,"document_id":"d","source":{"content_type":"audio"},"completed_at":"2026-01-02T03:04:05Z"}`
	err = db.Write(b.Context(), func(ctx context.Context) error {
		_, err := db.Exec(ctx, `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)
			INSERT INTO task (id, owner, phase, status, priority, run_at, runner, lease_until, body)
			SELECT 'task-' || i, 'default', 'ended', 'SUCCESS', 0, 0, '', 0, json_set(?2, '$.id', 'task-' || i) FROM n`, oldTasks, body)
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)
			INSERT INTO document (owner, id, version, submitted, content_type, method, checksum, source_name, source_ref, mime, task,
				content_length, chunk_count, created, updated, metadata, content)
			SELECT 'default', 'doc-' || i, 'task-' || i || '-1', i, 'audio', 'remote', i, 'talk.mp3', '', '', 'task-' || i, 100, 1, i, i, '{}', 'words'
			FROM n`, oldDocuments)
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)
			INSERT INTO index_version (id, name, owner, document, content_type, method, chunk_count, state)
			SELECT i + 1, 'task-' || i || '-1', 'default', 'doc-' || i, 'audio', 'remote', 10, 1 FROM n`, oldDocuments)
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?1 - 1)
			INSERT INTO index_chunk (version, position, size, metadata, content, vector)
			SELECT i % ?2 + 1, i / ?2, 11, '{}', 'words of it', zeroblob(32) FROM n`, oldChunks, oldDocuments)
		if err != nil {
			return err
		}
		_, err = db.Exec(ctx, `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 2 FROM n WHERE i < ? - 2)
			INSERT INTO blob_reference (ref, user, until) SELECT printf('blob:%02x%030x', i % 256, i), 'document:' || i, 0 FROM n`, 2*oldFiles)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}
