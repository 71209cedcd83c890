package client_test

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"morag/internal/client"
	"morag/internal/wire"
)

// Every call goes where the wire contract has it, with what it has there.
func TestEveryCallHasItsEndpoint(t *testing.T) {
	t.Parallel()
	type sent struct{ Call, Body string }
	tests := []struct {
		want sent
		call func(ctx context.Context, c *client.Client) error
	}{
		{sent{"GET /health", ""}, func(ctx context.Context, c *client.Client) error { _, err := c.Health(ctx); return err }},
		{sent{"GET /health/ready", ""}, func(ctx context.Context, c *client.Client) error { _, err := c.Ready(ctx); return err }},
		{sent{"GET /api/v1/status/t", ""}, func(ctx context.Context, c *client.Client) error { _, err := c.Task(ctx, "t"); return err }},
		{sent{"GET /api/v1/status", ""}, func(ctx context.Context, c *client.Client) error { _, err := c.ActiveTasks(ctx); return err }},
		{sent{"GET /api/v1/status/stats/queues", ""}, func(ctx context.Context, c *client.Client) error { _, err := c.QueueStats(ctx); return err }},
		{sent{"GET /api/v1/tasks?cursor=c&limit=5", ""}, func(ctx context.Context, c *client.Client) error {
			_, err := c.Tasks(ctx, client.TaskFilter{List: client.List{Limit: 5, Cursor: "c"}})
			return err
		}},
		{sent{"DELETE /api/v1/ingest/t", ""}, func(ctx context.Context, c *client.Client) error { return c.CancelTask(ctx, "t") }},
		{sent{"POST /api/v1/tasks/t/retry", ""}, func(ctx context.Context, c *client.Client) error { return c.RetryTask(ctx, "t") }},
		{sent{"POST /api/v1/tasks/t/redeliver", ""}, func(ctx context.Context, c *client.Client) error { return c.RedeliverTask(ctx, "t") }},
		{sent{"POST /api/v1/search", `{"query":"q","limit":3}`}, func(ctx context.Context, c *client.Client) error {
			_, err := c.Search(ctx, wire.Search{Query: "q", Limit: new(3)})
			return err
		}},
		{sent{"GET /api/v1/documents", ""}, func(ctx context.Context, c *client.Client) error {
			_, err := c.Documents(ctx, client.DocumentFilter{})
			return err
		}},
		{sent{"GET /api/v1/documents/d", ""}, func(ctx context.Context, c *client.Client) error { _, err := c.Document(ctx, "d"); return err }},
		{sent{"GET /api/v1/documents/d/chunks?limit=2", ""}, func(ctx context.Context, c *client.Client) error {
			_, err := c.DocumentChunks(ctx, "d", client.List{Limit: 2})
			return err
		}},
		{sent{"POST /api/v1/tasks/bulk", `{"action":"retry","filter":{},"dry_run":true}`}, func(ctx context.Context, c *client.Client) error {
			_, err := c.Bulk(ctx, client.BulkTasks, wire.Bulk{Action: "retry", Filter: map[string]string{}, DryRun: true})
			return err
		}},
		{sent{"PATCH /api/v1/documents/d/segments", `{"speakers":{"Speaker_00":"Ada"}}`}, func(ctx context.Context, c *client.Client) error {
			_, err := c.CorrectSegments(ctx, "d", "v", wire.Correction{Speakers: map[string]string{"Speaker_00": "Ada"}})
			return err
		}},
		{sent{"GET /api/v1/documents/d/segments?limit=2", ""}, func(ctx context.Context, c *client.Client) error {
			_, err := c.DocumentSegments(ctx, "d", client.List{Limit: 2})
			return err
		}},
		{sent{"GET /api/v1/documents/d/transcript?format=srt", ""}, func(ctx context.Context, c *client.Client) error {
			body, err := c.DocumentTranscript(ctx, "d", "srt")
			if err != nil {
				return err
			}
			return body.Close()
		}},
		{sent{"GET /api/v1/documents?origin_prefix=%2Fhome%2F", ""}, func(ctx context.Context, c *client.Client) error {
			_, err := c.Documents(ctx, client.DocumentFilter{Origin: "/home/"})
			return err
		}},
		{sent{"PATCH /api/v1/documents/d", `{"origin":"/b"}`}, func(ctx context.Context, c *client.Client) error {
			_, err := c.RelocateDocument(ctx, "d", wire.DocumentPlace{Origin: new("/b")})
			return err
		}},
		{sent{"DELETE /api/v1/documents/d", ""}, func(ctx context.Context, c *client.Client) error { return c.DeleteDocument(ctx, "d") }},
		{sent{"POST /api/v1/remote-jobs/", `{"source_file_path":"/f","content_type":"audio","ingestion_task_id":"t"}`}, func(ctx context.Context, c *client.Client) error {
			_, err := c.CreateJob(ctx, wire.JobCreate{SourceFilePath: "/f", ContentType: "audio", IngestionTaskID: "t"})
			return err
		}},
		{sent{"GET /api/v1/remote-jobs/?content_type=audio&limit=1&status=failed&worker_id=w", ""}, func(ctx context.Context, c *client.Client) error {
			_, err := c.Jobs(ctx, client.JobFilter{Status: "failed", ContentType: "audio", WorkerID: "w", List: client.List{Limit: 1}})
			return err
		}},
		{sent{"GET /api/v1/remote-jobs/j", ""}, func(ctx context.Context, c *client.Client) error { _, err := c.Job(ctx, "j"); return err }},
		{sent{"GET /api/v1/remote-jobs/j/status", ""}, func(ctx context.Context, c *client.Client) error { _, err := c.JobStatus(ctx, "j"); return err }},
		{sent{"POST /api/v1/remote-jobs/j/cancel", `{"reason":"r"}`}, func(ctx context.Context, c *client.Client) error {
			_, err := c.CancelJob(ctx, "j", wire.JobChange{Reason: "r"})
			return err
		}},
		{sent{"POST /api/v1/remote-jobs/j/retry", `{}`}, func(ctx context.Context, c *client.Client) error {
			_, err := c.RetryJob(ctx, "j", wire.JobChange{})
			return err
		}},
		{sent{"POST /api/v1/remote-jobs/j/reassign", `{"worker_id":"w"}`}, func(ctx context.Context, c *client.Client) error {
			_, err := c.ReassignJob(ctx, "j", wire.JobChange{WorkerID: "w"})
			return err
		}},
		{sent{"POST /api/v1/remote-jobs/j/release", `{"worker_id":"w","attempt":2}`}, func(ctx context.Context, c *client.Client) error {
			_, err := c.ReleaseJob(ctx, "j", wire.JobChange{WorkerID: "w", Attempt: 2})
			return err
		}},
		{sent{"POST /api/v1/remote-jobs/j/heartbeat", `{"worker_id":"w","attempt":2,"progress":0.5}`}, func(ctx context.Context, c *client.Client) error {
			_, err := c.Heartbeat(ctx, "j", wire.Heartbeat{WorkerID: "w", Attempt: 2, Progress: new(0.5)})
			return err
		}},
		{sent{"GET /api/v1/remote-jobs/statistics", ""}, func(ctx context.Context, c *client.Client) error { _, err := c.JobStatistics(ctx); return err }},
		{sent{"POST /api/v1/remote-jobs/cleanup?days_old=3", `{"days_old":3}`}, func(ctx context.Context, c *client.Client) error {
			_, err := c.CleanupJobs(ctx, 3)
			return err
		}},
		{sent{"GET /api/v1/workers", ""}, func(ctx context.Context, c *client.Client) error {
			_, err := c.Workers(ctx, client.List{})
			return err
		}},
		{sent{"POST /api/v1/workers/a%2Fb/drain", ""}, func(ctx context.Context, c *client.Client) error { return c.DrainWorker(ctx, "a/b") }},
		{sent{"POST /api/v1/workers/w/resume", ""}, func(ctx context.Context, c *client.Client) error { return c.ResumeWorker(ctx, "w") }},
	}
	for _, test := range tests {
		t.Run(test.want.Call, func(t *testing.T) {
			t.Parallel()
			var got sent
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got = sent{r.Method + " " + r.URL.RequestURI(), string(body)}
				io.WriteString(w, "{}")
			})
			if err := test.call(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJobListIsRead(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"jobs":[{"id":"j1","status":"pending","created_at":"2024-01-02T03:04:05Z","worker_id":null,"history":[{"at":null,"from":null,"to":"pending","reason":"created"}]}],"next_cursor":"more"}`)
	})
	page, err := c.Jobs(t.Context(), client.JobFilter{})
	if err != nil || len(page.Jobs) != 1 || page.Jobs[0].ID != "j1" || page.Jobs[0].History[0].Reason != "created" || *page.NextCursor != "more" {
		t.Errorf("Jobs = %+v, %v", page, err)
	}
}
