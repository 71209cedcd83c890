package client

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"morag/internal/wire"
)

const jobs = "/api/v1/remote-jobs/"

// CreateJob makes a remote job. It may be repeated: an Idempotency-Key keeps it from
// being doubled.
func (c *Client) CreateJob(ctx context.Context, in wire.JobCreate) (wire.JobCreated, error) {
	r := &request{method: http.MethodPost, path: jobs, header: http.Header{"Idempotency-Key": {rand.Text()}}}
	return ask[wire.JobCreated](ctx, c, r.json(in))
}

// JobFilter chooses jobs; empty fields choose all.
type JobFilter struct {
	Status      string
	ContentType string
	WorkerID    string
	List
}

// JobPage is a page of jobs, without their results.
type JobPage struct {
	Jobs       []wire.JobRecord `json:"jobs"`
	NextCursor *string          `json:"next_cursor"`
}

// Jobs lists remote jobs, newest first.
func (c *Client) Jobs(ctx context.Context, f JobFilter) (JobPage, error) {
	q := f.query()
	set(q, "status", f.Status)
	set(q, "content_type", f.ContentType)
	set(q, "worker_id", f.WorkerID)
	return ask[JobPage](ctx, c, get(jobs, q))
}

// Job returns a job's record, its result included.
func (c *Client) Job(ctx context.Context, id string) (wire.JobRecord, error) {
	return ask[wire.JobRecord](ctx, c, about(http.MethodGet, jobs, id, ""))
}

// JobStatus returns where a job stands; also a server that writes times without a
// zone, as the Python original does, is understood: they mean UTC.
func (c *Client) JobStatus(ctx context.Context, id string) (wire.JobStatus, error) {
	out, err := ask[jobStatus](ctx, c, about(http.MethodGet, jobs, id, "/status"))
	return out.status(), err
}

// CancelJob calls a job off. It may be repeated: cancelled again is a success.
func (c *Client) CancelJob(ctx context.Context, id string, in wire.JobChange) (wire.JobStatus, error) {
	return c.change(ctx, about(http.MethodPost, jobs, id, "/cancel").json(in))
}

// RetryJob has a failed job tried again, or one that waits for its next try at once.
func (c *Client) RetryJob(ctx context.Context, id string, in wire.JobChange) (wire.JobStatus, error) {
	return c.change(ctx, about(http.MethodPost, jobs, id, "/retry").json(in).only())
}

// ReassignJob takes a job from whoever has it and gives it to the worker
// in.WorkerID, or to any when that is empty.
func (c *Client) ReassignJob(ctx context.Context, id string, in wire.JobChange) (wire.JobStatus, error) {
	return c.change(ctx, about(http.MethodPost, jobs, id, "/reassign").json(in).only())
}

func (c *Client) change(ctx context.Context, r *request) (wire.JobStatus, error) {
	out, err := ask[jobStatus](ctx, c, r)
	return out.status(), err
}

// JobStatistics returns counts and times over all jobs, as the server sends them.
func (c *Client) JobStatistics(ctx context.Context) (json.RawMessage, error) {
	return ask[json.RawMessage](ctx, c, get(jobs+"statistics", nil))
}

// CleanupJobs removes jobs that ended more than that many days ago, in as many calls as it
// takes. It may be repeated.
func (c *Client) CleanupJobs(ctx context.Context, daysOld int) (all wire.Cleaned, err error) {
	for {
		r := &request{method: http.MethodPost, path: jobs + "cleanup", query: url.Values{"days_old": {strconv.Itoa(daysOld)}}}
		done, err := ask[wire.Cleaned](ctx, c, r.json(map[string]int{"days_old": daysOld}))
		done.ExpiredJobs += all.ExpiredJobs
		done.CleanedJobs += all.CleanedJobs
		if all = done; err != nil || !done.More {
			return all, err
		}
	}
}
