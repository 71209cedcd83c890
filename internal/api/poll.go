package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"morag/internal/content"
	"morag/internal/dispatch"
	"morag/internal/job"
	"morag/internal/wire"
)

// maxPollTypes bounds the content types that one poll may name.
const maxPollTypes = 64

func (s *Server) poll(w http.ResponseWriter, r *http.Request) error {
	// A GET pattern also matches HEAD, which would claim a job and drop it.
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		return problem(http.StatusMethodNotAllowed, "this path does not take %s", r.Method)
	}
	p, err := decodePoll(r)
	if err != nil {
		return err
	}
	p.Key, p.Ended = callerOf(r).Name, callerOf(r).Ended()
	jobs, err := s.Dispatch.Poll(r.Context(), p)
	if err != nil {
		return err
	}
	if lost := standing(r); lost != nil {
		s.Dispatch.Undelivered(r.Context(), jobs)
		return lost
	}
	for _, j := range jobs {
		callOf(r).note("job_id", j.ID, "worker_id", j.WorkerID)
	}
	if err := s.writePoll(w, jobs); err != nil {
		s.Dispatch.Undelivered(r.Context(), jobs)
		return err
	}
	return nil
}

// decodePoll reads a worker's question.
func decodePoll(r *http.Request) (dispatch.Poll, error) {
	q := r.URL.Query()
	p := dispatch.Poll{WorkerID: q.Get("worker_id"), Version: userAgent(r)}
	if err := checkWorkerID(p.WorkerID); err != nil {
		return p, err
	}
	for _, name := range strings.Split(q.Get("content_types"), ",") {
		if strings.TrimSpace(name) == "" {
			continue
		}
		t, err := content.Normalize(name)
		if err != nil || t == "" {
			return p, invalid("content_types: %q is no content type", short(name))
		}
		if !contains(p.Types, t) {
			p.Types = append(p.Types, t)
		}
	}
	if len(p.Types) == 0 {
		return p, invalid("content_types is missing: name the types you convert, separated by commas")
	}
	if len(p.Types) > maxPollTypes {
		return p, invalid("content_types must name at most %d types", maxPollTypes)
	}
	var err error
	if p.Max, err = queryInt(r, "max_jobs", 1, 1, dispatch.MaxPollJobs); err != nil {
		return p, err
	}
	wait, err := queryInt(r, "wait", 0, 0, int(dispatch.MaxWait/time.Second))
	if err != nil {
		return p, err
	}
	lease := 0
	if q.Get("lease") != "" {
		if lease, err = queryInt(r, "lease", 0, int(dispatch.MinLease/time.Second), int(dispatch.MaxLease/time.Second)); err != nil {
			return p, err
		}
	}
	p.Wait, p.Lease = time.Duration(wait)*time.Second, time.Duration(lease)*time.Second
	return p, nil
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// checkWorkerID holds a worker's name to 1 to 128 printable characters.
func checkWorkerID(id string) error {
	if id == "" {
		return invalid("worker_id is missing")
	}
	if !utf8.ValidString(id) || utf8.RuneCountInString(id) > 128 {
		return invalid("worker_id must have 1 to 128 printable characters")
	}
	for _, c := range id {
		if !unicode.IsPrint(c) {
			return invalid("worker_id must have 1 to 128 printable characters")
		}
	}
	return nil
}

// userAgent names the worker's program in its listing.
func userAgent(r *http.Request) string { return short(r.UserAgent()) }

// short is at most 80 bytes of s, valid and on one line, for a sentence or a list.
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
	return s
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
		JobID: &j.ID, SourceFileURL: &source, ContentType: &j.ContentType, TaskOptions: j.TaskOptions,
		Attempt: &j.Attempt, TimeoutAt: wire.At(j.TimeoutAt), TimeoutSeconds: &j.TimeoutSeconds,
		SourceName: wire.Text(j.SourceName), SourceSHA256: wire.Text(j.SourceSHA256),
	}
	if j.SourceSize >= 0 {
		out.SourceSize = &j.SourceSize
	}
	if j.LeaseSeconds > 0 {
		out.LeaseSeconds, out.LeaseExpiresAt = &j.LeaseSeconds, wire.At(j.LeaseExpiresAt)
	}
	return out
}
