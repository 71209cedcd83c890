package client

import (
	"context"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"morag/internal/wire"
)

// Poll asks for jobs to convert.
type Poll struct {
	WorkerID     string
	ContentTypes []string
	MaxJobs      int           // 1 to 100
	Wait         time.Duration // how long the server may wait for a job, in whole seconds; 0 for not at all
	Lease        time.Duration // silence after which the jobs are lost, in whole seconds; 0 for no lease
}

// maxPoll is a hundred jobs with 64 KiB of options each, and room to spare.
const maxPoll = 16 << 20

// Poll claims jobs. It is made once: a second call would claim others.
func (c *Client) Poll(ctx context.Context, p Poll) (wire.Poll, error) {
	q := url.Values{
		"worker_id":     {p.WorkerID},
		"content_types": {strings.Join(p.ContentTypes, ",")},
		"max_jobs":      {strconv.Itoa(max(p.MaxJobs, 1))},
	}
	if s := seconds(p.Wait); s > 0 {
		q.Set("wait", strconv.Itoa(s))
	}
	if s := seconds(p.Lease); s > 0 {
		q.Set("lease", strconv.Itoa(s))
	}
	return ask[wire.Poll](ctx, c, &request{
		method: http.MethodGet, path: jobs + "poll", query: q,
		silence: p.Wait + c.idle, limit: maxPoll, once: true,
	})
}

func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// maxBeat bounds the answer to a heartbeat, of which a worker makes many.
const maxBeat = 64 << 10

// Heartbeat says that a job is being worked on, once.
func (c *Client) Heartbeat(ctx context.Context, id string, in wire.Heartbeat) (wire.HeartbeatAnswer, error) {
	r := about(http.MethodPost, jobs, id, "/heartbeat").json(in).only()
	r.limit = maxBeat
	return ask[wire.HeartbeatAnswer](ctx, c, r)
}

// ReleaseJob requeues a job that is held, once.
func (c *Client) ReleaseJob(ctx context.Context, id string, in wire.JobChange) (wire.JobStatus, error) {
	return c.change(ctx, about(http.MethodPost, jobs, id, "/release").json(in).only())
}

// PutResult sends the JSON of a [wire.JobResult], read from body, once. Sending the
// same bytes again is harmless: the server answers as it did the first time.
func (c *Client) PutResult(ctx context.Context, id string, body io.ReaderAt, size int64) (wire.JobResultTaken, error) {
	r := about(http.MethodPut, jobs, id, "/result").only()
	r.body = func() io.Reader { return io.NewSectionReader(body, 0, size) }
	r.size, r.contentType = size, "application/json"
	return ask[wire.JobResultTaken](ctx, c, r)
}
