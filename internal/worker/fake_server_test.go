package worker

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"morag/internal/wire"
)

// fakeServer speaks the remote-job part of the API as a worker sees it: attempts,
// leases, fencing, long polls, ranges. With original set it is the documented
// original instead: a poll answers at once with four fields of one job, however many
// it claims, and there is neither heartbeat nor release.
type fakeServer struct {
	original bool
	// intercept, when it returns true, has handled the request itself.
	intercept func(w http.ResponseWriter, r *http.Request) bool

	mu      sync.Mutex
	arrived chan struct{} // closed and renewed when a job comes
	jobs    []*fakeJob
	calls   []call
	sent    map[string]int // bytes of sources, by job
}

// call is one request that came.
type call struct {
	at     time.Time
	what   string // poll, download, heartbeat, result, release, status
	job    string
	query  string
	header http.Header
	body   []byte
	status int
}

type fakeJob struct {
	id, contentType string
	source          []byte
	name            string
	etag            string
	sha256          string
	options         string
	timeout         int
	size            int64 // told instead of the source's, when not 0
	url             string
	status          string
	worker          string
	attempt         int
	lease           int
	cancel          bool
	cut             int // the next download breaks after so many bytes
	results         []wire.JobResult
	lastBody        []byte
}

func newFakeServer() *fakeServer {
	return &fakeServer{arrived: make(chan struct{}), sent: map[string]int{}}
}

func (s *fakeServer) add(j *fakeJob) *fakeJob {
	s.mu.Lock()
	defer s.mu.Unlock()
	j.status = "pending"
	if j.contentType == "" {
		j.contentType = "audio"
	}
	s.jobs = append(s.jobs, j)
	close(s.arrived)
	s.arrived = make(chan struct{})
	return j
}

// do changes or reads a job while nothing else does.
func (s *fakeServer) do(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// stands is where a job is, and how often it was claimed.
func (s *fakeServer) stands(j *fakeJob) (status string, attempt int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return j.status, j.attempt
}

// seen are the requests of one kind, in order.
func (s *fakeServer) seen(what string) []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.calls), func(c call) bool { return c.what != what })
}

func (s *fakeServer) sentBytes(job string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent[job]
}

func (s *fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/api/v1/remote-jobs/")
	id, what, _ := strings.Cut(rest, "/")
	if rest == "poll" {
		id, what = "", "poll"
	}
	var body []byte
	if r.Method != http.MethodGet {
		body, _ = io.ReadAll(r.Body)
	}
	rec := &recorder{ResponseWriter: w, status: 200}
	var n int
	var intercept func(http.ResponseWriter, *http.Request) bool
	s.do(func() {
		n, intercept = len(s.calls), s.intercept
		s.calls = append(s.calls, call{time.Now(), what, id, r.URL.RawQuery, r.Header, body, 0})
	})
	defer func() { s.do(func() { s.calls[n].status = rec.status }) }()
	if intercept != nil && intercept(rec, r) {
		return
	}
	if !ok || s.original && (what == "heartbeat" || what == "release") {
		reply(rec, 404, wire.Error{Detail: "Not Found"})
		return
	}
	switch what {
	case "poll":
		s.poll(rec, r)
	case "download":
		s.download(rec, r, id)
	default:
		s.change(rec, what, id, body)
	}
}

func (s *fakeServer) poll(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	most, _ := strconv.Atoi(q.Get("max_jobs"))
	wait, _ := strconv.Atoi(q.Get("wait"))
	lease, _ := strconv.Atoi(q.Get("lease"))
	over := time.After(time.Duration(wait) * time.Second)
	for {
		s.mu.Lock()
		got := s.claim(q.Get("worker_id"), strings.Split(q.Get("content_types"), ","), most, lease)
		arrived := s.arrived
		s.mu.Unlock()
		if len(got) > 0 || wait == 0 || s.original {
			s.answerPoll(w, got)
			return
		}
		select {
		case <-arrived:
		case <-over:
			wait = 0
		case <-r.Context().Done():
			return
		}
	}
}

// claim hands out jobs, with mu held.
func (s *fakeServer) claim(worker string, types []string, most, lease int) []wire.Job {
	var got []wire.Job
	for _, j := range s.jobs {
		if j.status != "pending" || len(got) == most || !slices.Contains(types, j.contentType) && j.contentType != "unasked" {
			continue
		}
		j.status, j.worker, j.lease = "processing", worker, lease
		j.attempt++
		url := j.url
		if url == "" {
			url = fmt.Sprintf("/api/v1/remote-jobs/%s/download", j.id)
		}
		out := wire.Job{JobID: &j.id, SourceFileURL: &url, ContentType: &j.contentType}
		if j.options != "" {
			out.TaskOptions = json.RawMessage(j.options)
		}
		if !s.original {
			url += fmt.Sprintf("?token=%s.%d", j.id, j.attempt)
			size := int64(len(j.source))
			if j.size != 0 {
				size = j.size
			}
			out.Attempt, out.SourceSize = new(j.attempt), &size
			out.SourceName, out.SourceSHA256 = wire.Text(j.name), wire.Text(j.sha256)
			if lease > 0 {
				out.LeaseSeconds = &lease
			}
			if j.timeout > 0 {
				out.TimeoutSeconds = &j.timeout
			}
		}
		got = append(got, out)
	}
	return got
}

func (s *fakeServer) answerPoll(w http.ResponseWriter, got []wire.Job) {
	var first wire.Job
	if len(got) > 0 {
		first = got[0]
	}
	if s.original {
		reply(w, 200, map[string]any{
			"job_id": first.JobID, "source_file_url": first.SourceFileURL,
			"content_type": first.ContentType, "task_options": first.TaskOptions,
		})
		return
	}
	if got == nil {
		got = []wire.Job{}
	}
	reply(w, 200, wire.Poll{Job: first, Jobs: got})
}

func (s *fakeServer) find(id string) *fakeJob {
	for _, j := range s.jobs {
		if j.id == id {
			return j
		}
	}
	return nil
}

func (s *fakeServer) download(w http.ResponseWriter, r *http.Request, id string) {
	s.mu.Lock()
	j := s.find(id)
	if j == nil || j.status != "processing" || !s.original && r.URL.Query().Get("token") != fmt.Sprintf("%s.%d", id, j.attempt) {
		s.mu.Unlock()
		reply(w, 403, wire.Error{Detail: "not yours"})
		return
	}
	source, etag, left := j.source, j.etag, -1
	if j.cut > 0 {
		left, j.cut = j.cut, 0
	}
	s.mu.Unlock()
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	http.ServeContent(&cutter{w, s, id, left}, r, "", time.Time{}, bytes.NewReader(source))
}

// cutter counts a source's bytes and breaks the connection after left of them.
type cutter struct {
	http.ResponseWriter
	s    *fakeServer
	id   string
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	last := c.left >= 0 && len(p) >= c.left
	if last {
		p = p[:c.left]
	}
	c.s.do(func() { c.s.sent[c.id] += len(p) })
	n, err := c.ResponseWriter.Write(p)
	if last {
		c.ResponseWriter.(*recorder).Flush()
		panic(http.ErrAbortHandler)
	}
	if c.left > 0 {
		c.left -= n
	}
	return n, err
}

// change is a heartbeat, result, release or status.
func (s *fakeServer) change(w http.ResponseWriter, what, id string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.find(id)
	if j == nil {
		reply(w, 404, wire.Error{Detail: "no such job"})
		return
	}
	var from struct {
		WorkerID string `json:"worker_id"`
		Attempt  int    `json:"attempt"`
	}
	json.Unmarshal(body, &from)
	holder := from.WorkerID == j.worker && (from.Attempt == j.attempt || from.Attempt == 0)
	if what == "result" && holder && bytes.Equal(j.lastBody, body) {
		reply(w, 200, wire.JobResultTaken{Status: j.status})
		return
	}
	if what == "heartbeat" && holder && j.cancel {
		reply(w, 200, wire.HeartbeatAnswer{Status: "cancelled", Cancel: true})
		return
	}
	if what != "status" && (!holder || j.status != "processing") {
		reply(w, 409, wire.Error{Detail: "not the current attempt"})
		return
	}
	switch what {
	case "heartbeat":
		reply(w, 200, wire.HeartbeatAnswer{Status: j.status, LeaseSeconds: &j.lease})
	case "result":
		var result wire.JobResult
		if err := json.Unmarshal(body, &result); err != nil {
			reply(w, 400, wire.Error{Detail: err.Error()})
			return
		}
		j.status = "completed"
		if !result.Success {
			j.status = "failed"
		}
		j.results, j.lastBody = append(j.results, result), body
		reply(w, 200, wire.JobResultTaken{Status: j.status, IngestionContinued: true})
	case "release":
		j.status = "released"
		reply(w, 200, wire.JobStatus{JobID: id, Status: "pending"})
	case "status":
		reply(w, 200, map[string]any{"job_id": id, "status": j.status, "worker_id": j.worker, "created_at": "2024-05-06T07:08:09.123456"})
	default:
		reply(w, 404, wire.Error{Detail: "Not Found"})
	}
}

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Flush() { r.ResponseWriter.(http.Flusher).Flush() }

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func pattern(size int) []byte {
	data := make([]byte, 0, size+32)
	for i := 0; len(data) < size; i++ {
		sum := sha256.Sum256([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
		data = append(data, sum[:]...)
	}
	return data[:size]
}

func sha(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// pipes is a network in memory: in a bubble of testing/synctest nothing waits for
// real time.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.closed:
		return nil, io.ErrClosedPipe
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }
