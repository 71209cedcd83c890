package dashboard

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"morag/internal/content"
	"morag/internal/job"
	"morag/internal/wire"
)

// taskPage is one ingestion: what has happened to it, step by step, and what came of it.
type taskPage struct {
	wire.Task
	Steps    []step
	Job      *job.Job // for operators, when a worker converts it
	Chunks   []wire.Chunk
	Document string // whose chunks they are
	Items    []wire.BatchItem
	Done     *wire.TaskResult
}

// Title implements titled.
func (p taskPage) Title() string {
	if p.SourceName == nil && p.Task.Items != nil {
		return plural(p.Task.Items.Total, "source", "sources")
	}
	return cmp.Or(text(p.SourceName), "Ingestion "+short(p.TaskID))
}

// Percent is how far it is.
func (p taskPage) Percent() int { return int(p.Progress * 100) }

// Over tells whether it has ended, and Failed whether it may be tried again.
func (p taskPage) Over() bool   { return p.CompletedAt != nil }
func (p taskPage) Failed() bool { return p.Status == "FAILURE" }

// Where is where a part of the source lies.
func (p taskPage) Where(part wire.TaskPart) string {
	if p.ContentType == content.Doc {
		return fmt.Sprintf("pages %.0f–%.0f", part.Start, part.End)
	}
	return clock(part.Start) + "–" + clock(part.End)
}

// PartState is the state of a part: that of its job, unless the server has converted it.
func (p taskPage) PartState(part wire.TaskPart) string {
	if text(part.ProcessingMethod) == "local" {
		return "completed"
	}
	return part.Status
}

// stages are the words for what is being done.
var stages = map[string]string{
	"initializing": "waiting for its turn", "creating_remote_job": "asking for a worker", "waiting_for_remote_completion": "a worker converts it",
	"local_processing": "being converted here", "storing": "being cut, embedded and indexed", "completed": "done",
}

// StageWord is what is done now.
func (p taskPage) StageWord() string { return cmp.Or(stages[p.Stage], p.Stage) }

// advices are what to do about an error, by what its sentence speaks of.
var advices = []struct{ of, say string }{
	{"password", "Hand it in again with its password."},
	{"truncated", "The file is damaged: hand in a whole copy of it."},
	{"damaged", "The file is damaged: hand in a whole copy of it."},
	{"no engine", "Settings tells which program is missing and how to get it; then try again."},
	{"install", "Settings tells which program is missing and how to get it; then try again."},
	{"MORAG_", "Change the setting that the sentence names, start the server anew and try again."},
	{"worker", "See that a worker of this type runs, then try again."},
	{"address", "See that the address can be opened, then try again."},
}

// Advice is what to do about the error.
func (p taskPage) Advice() string {
	for _, a := range advices {
		if strings.Contains(text(p.Error), a.of) {
			return a.say
		}
	}
	return "If the cause has passed, try again: what was converted is not converted twice. Else hand the source in anew."
}

// shownChunks is how many pieces of the text the page shows.
const shownChunks = 5

func showIngestion(v *visit) (any, error) {
	p := taskPage{}
	if err := v.get("/api/v1/status/"+url.PathEscape(v.PathValue("id")), nil, &p.Task); err != nil {
		return nil, err
	}
	if err := v.addJob(&p); err != nil {
		return nil, err
	}
	p.Steps = p.steps()
	if p.Task.Items != nil {
		batch := wire.BatchResult{}
		if json.Unmarshal(p.Result, &batch) == nil {
			p.Items = batch.Items
		}
		return p, nil
	}
	if p.Status != "SUCCESS" {
		return p, nil
	}
	p.Done = &wire.TaskResult{}
	if json.Unmarshal(p.Result, p.Done) != nil {
		p.Done = nil
	}
	p.Document = text(p.DocumentID)
	chunks := wire.Chunks{}
	at := "/api/v1/documents/" + url.PathEscape(p.Document) + "/chunks"
	asked := url.Values{"limit": {fmt.Sprint(shownChunks)}}
	if p.Owner != "" {
		asked.Set("owner", p.Owner)
	}
	err := v.get(at, asked, &chunks)
	if refusal, ok := errors.AsType[*Refusal](err); ok && refusal.Status == http.StatusNotFound {
		p.Document = "" // deleted since
		return p, nil
	}
	p.Chunks = chunks.Chunks
	return p, err
}

func (v *visit) addJob(p *taskPage) error {
	if p.RemoteJobID == nil || !v.Operator() {
		return nil
	}
	j, err := v.dashboard.Dispatch.Get(v.Context(), *p.RemoteJobID)
	if errors.Is(err, job.ErrNotFound) {
		return nil // cleared up
	}
	p.Job = j
	return err
}

// steps are what has happened, the newest first: of the task, its job and its webhook.
func (p taskPage) steps() (all []step) {
	add := func(at *time.Time, s step) {
		if at != nil {
			s.At = *at
			all = append(all, s)
		}
	}
	add(p.CreatedAt, step{Word: "handed in", State: "waiting"})
	add(p.StartedAt, step{Word: "begun", State: "running"})
	if p.Job != nil {
		for _, s := range stepsOf(p.Job) {
			s.Word = "job: " + s.Word
			all = append(all, s)
		}
	}
	end := stateOf(p.Status)
	add(p.CompletedAt, step{Word: end.Word, State: end.Class})
	if p.Webhook != nil {
		for _, try := range p.Webhook.Tries {
			s := step{Word: "webhook told", State: "done"}
			if try.Error != nil {
				s = step{Word: "webhook not told", State: "failed", Note: *try.Error}
			}
			add(try.At, s)
		}
		add(p.Webhook.NextTryAt, step{Word: "webhook to be told", State: "waiting"})
	}
	slices.SortStableFunc(all, func(a, b step) int { return b.At.Compare(a.At) })
	return all
}

func (v *visit) taskPath() string { return Root + "/ingestions/" + url.PathEscape(v.PathValue("id")) }

func cancelTask(v *visit) (outcome, error) {
	return outcome{said: "The ingestion is called off.", to: v.taskPath()}, v.remove("/api/v1/ingest/" + url.PathEscape(v.PathValue("id")))
}

func retryTask(v *visit) (outcome, error) {
	return outcome{said: "The ingestion is tried again.", to: v.taskPath()}, v.changeTask(v.PathValue("id"), "retry")
}

func redeliver(v *visit) (outcome, error) {
	return outcome{said: "The webhook is told once more.", to: v.taskPath()}, v.changeTask(v.PathValue("id"), "redeliver")
}
