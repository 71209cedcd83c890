package torture

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"morag/internal/wire"
)

// ended: every ingest that was acknowledged has come to an end, and to a good one
// unless it was told to wait for a worker and nobody else.
func ended(e *evidence) (bad []violation) {
	for _, c := range e.calls {
		if c.Verb != upload || !c.acknowledged() {
			continue
		}
		if _, there := e.tasks[c.ID]; !there {
			bad = append(bad, breach(c.ID, "the task is gone"))
		}
	}
	for id, t := range e.tasks {
		switch t.Status {
		case "SUCCESS", "REVOKED":
		case "FAILURE":
			if !strings.HasPrefix(text0(t.Error), "remote conversion failed") || e.diskSound && strings.Contains(text0(t.Error), "local conversion failed") ||
				e.impatient(text0(t.Error)) {
				bad = append(bad, breach(id, "the task failed: %s", text0(t.Error)))
			}
		default:
			bad = append(bad, breach(id, "the task is %s in %s", t.Status, t.Stage))
		}
	}
	return bad
}

// impatient tells of a task that was given up for nobody came for its job in a time longer
// than everything took.
func (e *evidence) impatient(failure string) bool {
	var seconds int
	_, why, _ := strings.Cut(failure, "no result within ")
	if _, err := fmt.Sscanf(why, "%d s", &seconds); err != nil {
		return false
	}
	return e.calls[len(e.calls)-1].Start < time.Duration(seconds)*time.Second
}

// staysEnded: a task that was seen to have succeeded or been revoked stays so.
func staysEnded(e *evidence) (bad []violation) {
	since := map[string]*call{}
	for _, c := range e.calls {
		if c.Verb != taskShow && c.Verb != revoke || !c.acknowledged() {
			continue
		}
		first := since[c.ID]
		if first != nil && first.End < c.Start && c.Outcome != first.Outcome {
			bad = append(bad, breach(c.ID, "the task was %s and then %s", first.Outcome, c.Outcome))
		}
		if (c.Outcome == "SUCCESS" || c.Outcome == "REVOKED") && (first == nil || c.End < first.End) {
			since[c.ID] = c
		}
	}
	for id, c := range since {
		if got := e.tasks[id].Status; got != c.Outcome {
			bad = append(bad, breach(id, "the task was %s after %s, in the end it is %q", c.Outcome, c.End.Round(time.Millisecond), got))
		}
	}
	return bad
}

// indexed: every text that should be found is in one document, whole, each chunk once;
// and nothing else is.
func indexed(e *evidence) (bad []violation) {
	byTask, ids, words, sources := map[string]*documentEnd{}, map[string]bool{}, map[string]string{}, map[string]string{}
	for i := range e.documents {
		d := &e.documents[i]
		id := text0(d.TaskID)
		if byTask[id] != nil {
			bad = append(bad, breach(id, "the task has two documents, %s and %s", byTask[id].DocumentID, d.DocumentID))
		}
		byTask[id], ids[d.DocumentID] = d, true
		word := markers.FindString(d.content)
		if other := words[word]; other != "" {
			bad = append(bad, breach(id, "the text of document %s is also that of %s", d.DocumentID, other))
		}
		words[word] = d.DocumentID
		if other := sources[d.Checksum]; other != "" && d.Checksum != "" {
			bad = append(bad, breach(id, "documents %s and %s have the same source", d.DocumentID, other))
		}
		sources[d.Checksum] = d.DocumentID
		if d.searched && (d.found != 1 || d.others != 0) {
			bad = append(bad, breach(id, "a search for the word of document %s finds it %d times, and %d times elsewhere", d.DocumentID, d.found, d.others))
		}
		for n, c := range d.chunks {
			if c.ChunkIndex != n {
				bad = append(bad, breach(id, "chunk %d of document %s has the index %d", n, d.DocumentID, c.ChunkIndex))
				break
			}
		}
		if d.ChunkCount != len(d.chunks) || len(d.chunks) == 0 {
			bad = append(bad, breach(id, "document %s has %d chunks, it says %d", d.DocumentID, len(d.chunks), d.ChunkCount))
		}
		if t := e.tasks[id]; t.Status != "SUCCESS" {
			bad = append(bad, breach(id, "document %s is there, its task is %q", d.DocumentID, t.Status))
		}
	}
	for id, t := range e.tasks {
		if t.Status == "SUCCESS" {
			bad = append(bad, e.documentOf(id, t, byTask[id], ids)...)
		}
	}
	return append(bad, e.adopted()...)
}

// documentOf checks the document of a task that succeeded.
func (e *evidence) documentOf(id string, t wire.Task, d *documentEnd, ids map[string]bool) (bad []violation) {
	var r wire.TaskResult
	if err := json.Unmarshal(t.Result, &r); err != nil {
		return []violation{breach(id, "the task's result is %q", t.Result)}
	}
	switch {
	case r.Duplicate && (d != nil || !ids[r.DocumentID]):
		return []violation{breach(id, "the task is a duplicate of %s, which is not there, or has a document of its own", r.DocumentID)}
	case r.Duplicate:
	case d == nil || d.DocumentID != r.DocumentID || r.ChunksStored != d.ChunkCount:
		return []violation{breach(id, "the task has stored %d chunks as document %s, which is not there like that", r.ChunksStored, r.DocumentID)}
	case r.ProcessingMethod == "remote":
		j := e.jobs[text0(t.RemoteJobID)]
		if j == nil || j.Status != "completed" || strings.TrimSpace(j.content) != strings.TrimSpace(d.content) {
			return []violation{breach(id, "document %s is not the result of its job", d.DocumentID)}
		}
	}
	return nil
}

// adopted: a job that a client has made itself brings a task with it when it succeeds,
// if its text is wanted.
func (e *evidence) adopted() (bad []violation) {
	for id, j := range e.jobs {
		if !madeByClient(j.JobRecord) {
			continue
		}
		want := ""
		if bringsTask(j.JobRecord) {
			want = "SUCCESS"
		}
		if got := e.tasks[j.IngestionTaskID].Status; got != want {
			bad = append(bad, breach(id, "the job is %s, its task %s is %q, want %q", j.Status, j.IngestionTaskID, got, want))
		}
	}
	return bad
}

func madeByClient(j wire.JobRecord) bool { return strings.HasPrefix(j.IngestionTaskID, "made-") }

// bringsTask tells whether a client's own job becomes a task in the end.
func bringsTask(j wire.JobRecord) bool {
	return madeByClient(j) && j.Status == "completed" && !strings.Contains(string(j.TaskOptions), "store_in_vector_db")
}
