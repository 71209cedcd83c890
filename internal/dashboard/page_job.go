package dashboard

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"morag/internal/job"
	"morag/internal/wire"
)

// jobPage is one job: what it is, what has become of it and what can be done.
type jobPage struct {
	*job.Job
	Steps    []step
	Workers  []string
	Result   *jobResult
	Options  string
	Estimate time.Time
	HasTask  bool
}

// Title implements titled.
func (p jobPage) Title() string {
	if p.SourceName != "" {
		return p.SourceName
	}
	return "Job " + short(p.ID)
}

// Percent is how far it is.
func (p jobPage) Percent() int { return int(p.Progress * 100) }

// CanCancel, CanRetry and CanReassign tell what its status allows.
func (p jobPage) CanCancel() bool { return p.Status == job.Pending || p.Status == job.Processing }
func (p jobPage) CanRetry() bool {
	return p.Status == job.Failed || p.Status == job.Timeout || p.Status == job.Cancelled || p.Status == job.Pending && p.AvailableAt.After(p.CreatedAt)
}
func (p jobPage) CanReassign() bool {
	return p.Status == job.Pending || p.Status == job.Processing || p.Status == job.Failed || p.Status == job.Timeout
}

// jobResult is what a worker has sent, as far as a page shows it.
type jobResult struct {
	Text     string // the beginning
	Cut      bool
	Length   int // characters
	Seconds  float64
	Segments int
}

// step is a line of a history.
type step struct {
	At    time.Time
	Word  string
	State string // the class of its dot
	By    string
	Note  string
}

// events are the words for what happens to a job.
var events = map[string]step{
	job.Created: {Word: "handed in", State: "waiting"}, string(job.Claim): {Word: "taken by a worker", State: "running"},
	string(job.Confirm): {Word: "the worker is at it", State: "running"}, string(job.Succeed): {Word: "done", State: "done"},
	string(job.Fail): {Word: "the worker has failed", State: "failed"}, string(job.LoseLease): {Word: "the worker was lost", State: "failed"},
	string(job.Unconfirmed): {Word: "nothing was heard of the worker", State: "waiting"}, string(job.Release): {Word: "given back by the worker", State: "waiting"},
	string(job.Expire): {Word: "its time has run out", State: "failed"}, string(job.Cancel): {Word: "cancelled", State: "off"},
	string(job.Retry): {Word: "to be tried again", State: "waiting"}, string(job.Reassign): {Word: "given to another worker", State: "waiting"},
	string(job.Abandon): {Word: "given up: it cannot succeed", State: "failed"},
}

// stepsOf are the steps of a job, the newest first.
func stepsOf(j *job.Job) (steps []step) {
	for _, e := range j.History {
		s, known := events[e.Reason]
		if !known {
			s = step{Word: e.Reason, State: "off"}
		}
		s.At, s.By = e.At, e.WorkerID
		if e.Reason == string(job.Fail) && e.To == job.Pending {
			s.Note = "it is tried again"
		}
		steps = append(steps, s)
	}
	slices.Reverse(steps)
	return steps
}

// maxShown is how many bytes of a text a page shows.
const maxShown = 8 << 10

func showJob(v *visit) (any, error) {
	j, err := v.dashboard.Dispatch.Get(v.Context(), v.PathValue("id"))
	if errors.Is(err, job.ErrNotFound) {
		return nil, &Refusal{Status: 404, Detail: "there is no such job"}
	}
	if err != nil {
		return nil, err
	}
	p := jobPage{Job: j, Steps: stepsOf(j), Options: indented(j.TaskOptions), Estimate: v.dashboard.Dispatch.EstimatedCompletion(j)}
	if p.HasTask, err = v.hasTask(j.IngestionTaskID); err != nil {
		return nil, err
	}
	if p.CanReassign() {
		var workers wire.Workers
		if err := v.get("/api/v1/workers", url.Values{"limit": {"100"}}, &workers); err != nil {
			return nil, err
		}
		for _, w := range workers.Workers {
			if !w.Drained && !w.Revoked && w.WorkerID != j.WorkerID && slices.Contains(w.ContentTypes, j.ContentType) {
				p.Workers = append(p.Workers, w.WorkerID)
			}
		}
	}
	if j.Status == job.Completed {
		if p.Result, err = v.resultOf(j.ID); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// hasTask tells whether a job is part of an ingestion that is there: one that a client has made
// may name any.
func (v *visit) hasTask(id string) (bool, error) {
	if id == "" {
		return false, nil
	}
	err := v.get("/api/v1/status/"+url.PathEscape(id), nil, &wire.Task{})
	if _, refused := errors.AsType[*Refusal](err); refused {
		return false, nil
	}
	return err == nil, err
}

func (v *visit) resultOf(id string) (*jobResult, error) {
	raw, err := v.dashboard.Dispatch.ResultData(v.Context(), id)
	if err != nil || len(raw) == 0 {
		return nil, err
	}
	var in struct {
		Content        string            `json:"content"`
		ProcessingTime float64           `json:"processing_time"`
		Segments       []json.RawMessage `json:"segments"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, nil // a worker's own form: the record has it
	}
	out := &jobResult{Text: in.Content, Length: utf8.RuneCountInString(in.Content), Seconds: in.ProcessingTime, Segments: len(in.Segments)}
	if len(in.Content) > maxShown {
		out.Text, out.Cut = strings.ToValidUTF8(in.Content[:maxShown], ""), true
	}
	return out, nil
}

// indented is JSON as people read it, "" when there is nothing in it.
func indented(raw json.RawMessage) string {
	var value map[string]any
	if json.Unmarshal(raw, &value) != nil || len(value) == 0 {
		return ""
	}
	out, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return ""
	}
	return string(out)
}

func (v *visit) jobPath() string { return Root + "/jobs/" + url.PathEscape(v.PathValue("id")) }

func cancelJob(v *visit) (outcome, error) {
	err := v.changeJob(v.PathValue("id"), "cancel", "")
	return outcome{said: "The job is cancelled.", to: v.jobPath(), undo: &undo{Do: v.jobPath() + "/retry"}}, err
}

func retryJob(v *visit) (outcome, error) {
	err := v.changeJob(v.PathValue("id"), "retry", "")
	return outcome{said: "The job waits to be tried again.", to: v.jobPath(), undo: &undo{Do: v.jobPath() + "/cancel"}}, err
}

func reassignJob(v *visit) (outcome, error) {
	worker := v.FormValue("worker")
	said := "The job waits for any other worker."
	if worker != "" {
		said = "For five minutes only the worker " + worker + " gets the job."
	}
	return outcome{said: said, to: v.jobPath()}, v.changeJob(v.PathValue("id"), "reassign", worker)
}
