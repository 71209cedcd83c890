package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"morag/internal/auth"
	"morag/internal/content"
	"morag/internal/dispatch"
	"morag/internal/job"
	"morag/internal/wire"
)

// polled is what a worker sends; numbers are brought into their bounds.
type polled struct {
	WorkerID     string `query:"worker_id" required:"" example:"gpu-1" doc:"a name of the worker's own, 1 to 128 printable characters"`
	ContentTypes string `query:"content_types" required:"" example:"audio,video" doc:"what it converts, separated by commas"`
	MaxJobs      int    `query:"max_jobs" default:"1" min:"1" max:"100" doc:"how many at most"`
	Wait         int    `query:"wait" default:"0" min:"0" max:"60" example:"30" doc:"seconds to wait for a job"`
	Lease        int    `query:"lease" min:"15" max:"3600" example:"60" doc:"seconds of silence after which the worker is taken for lost; without it only the job's timeout counts"`
}

// maxPollTypes bounds the content types that one poll may name.
const maxPollTypes = 64

func (s *Server) poll(w http.ResponseWriter, r *http.Request, in polled) error {
	// A GET pattern also matches HEAD, which would claim a job and drop it.
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		return problem(http.StatusMethodNotAllowed, "this path does not take %s", r.Method)
	}
	p, err := in.question()
	if err != nil {
		return err
	}
	p.Version, p.Key, p.Ended = userAgent(r), callerOf(r).Name, callerOf(r).Ended()
	jobs, err := s.Dispatch.Poll(r.Context(), p)
	if err != nil {
		return err
	}
	if lost := standing(r); lost != nil {
		s.Dispatch.Undelivered(r.Context(), jobs)
		return lost
	}
	for _, j := range jobs {
		callOf(r).noteForAudit("job_id", j.ID, "worker_id", j.WorkerID)
	}
	if err := s.writePoll(w, jobs); err != nil {
		s.Dispatch.Undelivered(r.Context(), jobs)
		return err
	}
	return nil
}

// question is what a worker asks for.
func (in polled) question() (dispatch.Poll, error) {
	p := dispatch.Poll{
		WorkerID: in.WorkerID, Max: in.MaxJobs, Wait: time.Duration(in.Wait) * time.Second, Lease: time.Duration(in.Lease) * time.Second,
	}
	if err := checkWorkerID(p.WorkerID); err != nil {
		return p, err
	}
	for _, name := range strings.Split(in.ContentTypes, ",") {
		if strings.TrimSpace(name) == "" {
			continue
		}
		t, err := content.Normalize(name)
		if err != nil || t == "" {
			return p, invalid("content_types: %q is no content type", short(name))
		}
		if !slices.Contains(p.Types, t) {
			p.Types = append(p.Types, strings.Clone(t)) // which may be a piece of a long list
		}
	}
	if len(p.Types) == 0 {
		return p, invalid("content_types is missing: name the types you convert, separated by commas")
	}
	if len(p.Types) > maxPollTypes {
		return p, invalid("content_types must name at most %d types", maxPollTypes)
	}
	return p, nil
}

// checkWorkerID holds a worker's name to 1 to 128 printable characters.
func checkWorkerID(id string) error {
	if id == "" {
		return invalid("worker_id is missing")
	}
	if !auth.ValidWorkerID(id) {
		return invalid("worker_id must have 1 to 128 printable characters")
	}
	return nil
}

// userAgent names the worker's program in its listing.
func userAgent(r *http.Request) string { return short(r.UserAgent()) }

// short is a copy of at most 80 bytes of s, valid and on one line, for a sentence or a list.
func short(s string) string {
	s = strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return '\uFFFD'
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if len(s) > 80 {
		s = strings.ToValidUTF8(s[:80], "") + "…"
	}
	return strings.Clone(s)
}

// writePoll answers the jobs and sees them off: an error means that the worker
// cannot have heard of them.
func (s *Server) writePoll(w http.ResponseWriter, jobs []*job.Job) error {
	out := wire.Poll{Jobs: make([]wire.Job, len(jobs))}
	for i, j := range jobs {
		out.Jobs[i] = s.claimed(j)
	}
	if len(jobs) > 0 {
		out.Job = out.Jobs[0]
	}
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(out); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if _, err := w.Write(body.Bytes()); err != nil {
		return err
	}
	return http.NewResponseController(w).Flush()
}

func (s *Server) claimed(j *job.Job) wire.Job {
	token := s.Capabilities.Token(j.ID, j.Attempt, j.TimeoutAt)
	source := "/api/v1/remote-jobs/" + j.ID + "/download?token=" + url.QueryEscape(token)
	out := wire.Job{
		JobID: &j.ID, SourceFileURL: &source, ContentType: &j.ContentType, TaskOptions: s.Dispatch.Options(j),
		Attempt: &j.Attempt, TimeoutAt: wire.At(j.TimeoutAt), TimeoutSeconds: &j.TimeoutSeconds,
		SourceName: wire.Text(j.SourceName), SourceSHA256: wire.Text(j.SourceSHA256), Traceparent: j.Traceparent,
	}
	if j.SourceSize >= 0 {
		out.SourceSize = &j.SourceSize
	}
	if j.LeaseSeconds > 0 {
		out.LeaseSeconds, out.LeaseExpiresAt = &j.LeaseSeconds, wire.At(j.LeaseExpiresAt)
	}
	return out
}
