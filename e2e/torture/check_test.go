package torture

import (
	"encoding/json"
	"testing"
	"time"

	"morag/internal/job"
	"morag/internal/wire"
)

// forge is the evidence of a small sound history: a job that was made, claimed, failed
// once, claimed again and completed; one that was cancelled; and an upload.
func forge() *evidence {
	at := time.Unix(1_700_000_000, 0)
	step := func(from, to, worker, reason string) wire.JobStep {
		at = at.Add(time.Second)
		moment, s := at, wire.JobStep{To: to, Reason: reason}
		s.At = &moment
		if from != "" {
			s.From = &from
		}
		if worker != "" {
			s.WorkerID = &worker
		}
		return s
	}
	done := &jobEnd{listed: 1, content: "zqabc good", last: job.LastResult{Attempt: 2, SHA256: "good", Outcome: job.Completed}, JobRecord: wire.JobRecord{
		ID: "done", Status: "completed", Revision: 6, Attempt: 2, IngestionTaskID: "made-done", History: []wire.JobStep{
			step("", "pending", "", job.Created), step("pending", "processing", "w", "claimed"), step("processing", "pending", "w", "error"),
			step("pending", "processing", "v", "claimed"), step("processing", "completed", "v", "completed"),
		},
	}}
	off := &jobEnd{listed: 1, JobRecord: wire.JobRecord{
		ID: "off", Status: "cancelled", Revision: 2, IngestionTaskID: "made-off", History: []wire.JobStep{
			step("", "pending", "", job.Created), step("pending", "cancelled", "", "cancelled"),
		},
	}}
	made, sent := "made-done", "sent"
	e := &evidence{
		jobs: map[string]*jobEnd{"done": done, "off": off},
		tasks: map[string]wire.Task{
			"made-done": {TaskID: "made-done", Status: "SUCCESS", RemoteJobID: &done.ID, Result: taskResult("d1", "remote")},
			"sent":      {TaskID: "sent", Status: "SUCCESS", Result: taskResult("d2", "local"), Webhook: &wire.Webhook{DeliveredAt: &at}},
		},
		told: []told{
			{"msg_sent_1", wire.TaskEnded{TaskID: "sent", Status: "FAILURE"}},
			{"msg_sent_2", wire.TaskEnded{TaskID: "sent", Status: "SUCCESS", Result: taskResult("d2", "local")}},
			{"msg_sent_1", wire.TaskEnded{TaskID: "sent", Status: "FAILURE"}}, // again: its first delivery was not written
		},
		documents: []documentEnd{
			{Document: wire.Document{DocumentID: "d1", TaskID: &made, ChunkCount: 1}, content: "zqabc good", chunks: make([]wire.Chunk, 1), searched: true, found: 1},
			{Document: wire.Document{DocumentID: "d2", TaskID: &sent, ChunkCount: 1, Checksum: "file"}, content: "zqdef", chunks: make([]wire.Chunk, 1), source: "file"},
		},
		blobs: map[string]int{"file": 1},
		records: []recordFile{
			{"completed/done.json", &job.Job{ID: "done", Status: job.Completed, Revision: 6, Attempt: 2}},
			{"cancelled/off.json", &job.Job{ID: "off", Status: job.Cancelled, Revision: 2}},
		},
		corrupt: []recordFile{{"corrupt/done.pending.json", &job.Job{ID: "done", Revision: 1}}, {"corrupt/off.pending.json", nil}},
	}
	for i, c := range []call{
		{Verb: create, ID: "done", Task: "made-done"},
		{Verb: create, ID: "off", Task: "made-off"},
		{Verb: upload, ID: "sent"},
		{Verb: poll, Worker: "w", Seen: []sight{{"done", "", 1, -1}}},
		{Verb: result, ID: "done", Worker: "w", Attempt: 1, Digest: "bad", Outcome: "pending"},
		{Verb: poll, Worker: "v", Seen: []sight{{"done", "", 2, -1}}},
		{Verb: result, ID: "done", Worker: "v", Attempt: 2, Digest: "good", Text: sum([]byte("zqabc good")), Success: true, Outcome: "completed"},
		{Verb: cancel, ID: "off", Outcome: "cancelled", Seen: []sight{{"off", "cancelled", 0, -1}}},
		{Verb: show, ID: "done", Seen: []sight{{"done", "completed", 2, 6}}},
		{Verb: taskShow, ID: "sent", Outcome: "SUCCESS"},
	} {
		c.Start, c.End, c.Status = time.Duration(10*i)*time.Second, time.Duration(10*i+5)*time.Second, 200
		e.calls = append(e.calls, &c)
	}
	return e
}

func taskResult(document, method string) json.RawMessage {
	raw, _ := json.Marshal(wire.TaskResult{DocumentID: document, ChunksStored: 1, ProcessingMethod: method})
	return raw
}

// later adds a call that came after all others.
func (e *evidence) later(c call) {
	c.Start = e.calls[len(e.calls)-1].End + time.Second
	c.End = c.Start + time.Second
	if c.Status == 0 {
		c.Status = 200
	}
	e.calls = append(e.calls, &c)
}

func TestChecksAcceptWhatIsSound(t *testing.T) {
	t.Parallel()
	e := forge()
	for name, check := range checks {
		for _, v := range check(e) {
			t.Errorf("%s: %s %s", name, v.id, v.says)
		}
	}
	// What was never answered proves nothing.
	e.later(call{Verb: retry, ID: "off", Status: -1})
	e.calls[len(e.calls)-1].Status = 0
	e.later(call{Verb: create, Task: "made-perhaps", Status: 503})
	for name, check := range checks {
		for _, v := range check(e) {
			t.Errorf("with requests that were not answered: %s: %s %s", name, v.id, v.says)
		}
	}
}

// A retry that was refused cannot have ended a cancellation; one in doubt can.
func TestChecksAcceptWhatIsInDoubt(t *testing.T) {
	t.Parallel()
	for detail, may := range map[string]bool{"the job store is not available": false, inDoubt + ": it shows later": true} {
		e := forge()
		e.later(call{Verb: retry, ID: "off", Status: 503, Detail: detail})
		e.jobs["off"].Status = "pending"
		if bad := cancelled(e); may != (len(bad) == 0) {
			t.Errorf("after a retry that was answered %q: %v", detail, bad)
		}
	}
}

// TestChecksFindWhatIsWrong: each check finds its own kind of wrong.
func TestChecksFindWhatIsWrong(t *testing.T) {
	t.Parallel()
	for wrong, tt := range map[string]struct {
		check func(*evidence) []violation
		make  func(e *evidence)
	}{
		"an answer":              {sound, func(e *evidence) { e.faults = []string{"500"} }},
		"a job without an end":   {finished, func(e *evidence) { e.stranded = []string{"job"} }},
		"a lost job":             {created, func(e *evidence) { delete(e.jobs, "off") }},
		"a job shown twice":      {created, func(e *evidence) { e.jobs["off"].listed = 2 }},
		"a job that nobody made": {created, func(e *evidence) { e.jobs["x"] = &jobEnd{listed: 1} }},
		"a job made twice":       {created, func(e *evidence) { e.jobs["x"] = &jobEnd{listed: 1, JobRecord: e.jobs["off"].JobRecord} }},
		"a lost result":          {kept, func(e *evidence) { e.jobs["done"].Status = "pending" }},
		"a changed result":       {kept, func(e *evidence) { e.jobs["done"].content = "zqabc" }},
		"another result":         {kept, func(e *evidence) { e.jobs["done"].last.SHA256 = "other" }},
		"a forgotten result":     {kept, func(e *evidence) { c := *e.calls[6]; c.Status, c.Outcome = 409, ""; e.later(c) }},
		"a second result":        {acceptedOnce, func(e *evidence) { c := *e.calls[6]; c.Digest = "other"; e.later(c) }},
		"a second error":         {acceptedOnce, func(e *evidence) { c := *e.calls[4]; c.Digest = "other"; e.later(c) }},
		"an attempt given twice": {grantedOnce, func(e *evidence) { e.later(*e.calls[5]) }},
		"an attempt forgotten":   {grantedOnce, func(e *evidence) { e.jobs["done"].Attempt = 1 }},
		"an older revision":      {forwards, func(e *evidence) { e.later(call{Seen: []sight{{"done", "completed", 2, 5}}}) }},
		"an older attempt":       {forwards, func(e *evidence) { e.later(call{Seen: []sight{{"done", "completed", 1, 6}}}) }},
		"an older status":        {forwards, func(e *evidence) { e.later(call{Seen: []sight{{"done", "processing", 2, 6}}}) }},
		"an older end":           {forwards, func(e *evidence) { e.jobs["done"].Revision = 5 }},
		"a late result":          {fenced, func(e *evidence) { c := *e.calls[4]; c.Digest = "late"; e.later(c) }},
		"a result after a cancel": {fenced, func(e *evidence) {
			e.later(call{Verb: cancel, ID: "done"})
			c := *e.calls[6]
			c.Digest = "late"
			e.later(c)
		}},
		"a cancel undone":        {cancelled, func(e *evidence) { e.jobs["off"].Status = "pending" }},
		"a step from nowhere":    {pathed, func(e *evidence) { *e.jobs["done"].History[1].From = "failed" }},
		"a step without a rule":  {pathed, func(e *evidence) { e.jobs["done"].History[3].Reason = "released" }},
		"a step back in time":    {pathed, func(e *evidence) { *e.jobs["done"].History[3].At = time.Unix(0, 0) }},
		"another end":            {pathed, func(e *evidence) { e.jobs["off"].Status = "failed" }},
		"a claim too many":       {pathed, func(e *evidence) { e.jobs["done"].Attempt = 3 }},
		"a write too many":       {pathed, func(e *evidence) { e.jobs["done"].Revision = 8 }},
		"another claimant":       {recorded, func(e *evidence) { e.calls[3].Worker = "u" }},
		"a release unknown":      {recorded, func(e *evidence) { e.later(call{Verb: release, ID: "done", Attempt: 2}) }},
		"a retry unknown":        {recorded, func(e *evidence) { e.later(call{Verb: retry, ID: "off"}) }},
		"a reassignment unknown": {recorded, func(e *evidence) { e.later(call{Verb: reassign, ID: "off"}) }},
		"an error unknown":       {recorded, func(e *evidence) { e.calls[4].Attempt = 2 }},
		"no file":                {filed, func(e *evidence) { e.records = e.records[1:] }},
		"two files":              {filed, func(e *evidence) { e.records = append(e.records, e.records[0]) }},
		"a torn file":            {filed, func(e *evidence) { e.records[0].job = nil }},
		"a misplaced file":       {filed, func(e *evidence) { e.records[0].name = "failed/done.json" }},
		"an older file":          {filed, func(e *evidence) { e.records[0].job.Revision = 5 }},
		"a quarantined file":     {filed, func(e *evidence) { e.corrupt[0].job.Revision = 6 }},
		"a file left over":       {filed, func(e *evidence) { e.litter = []string{"pending/x.json.tmp"} }},
		"a leaked upload":        {stored, func(e *evidence) { e.blobs["other"] = 1 }},
		"a second copy":          {stored, func(e *evidence) { e.blobs["file"] = 2 }},
		"a lost source":          {stored, func(e *evidence) { e.blobs = nil }},
		"another source":         {stored, func(e *evidence) { e.documents[1].source = "other" }},
		"a lost task":            {ended, func(e *evidence) { delete(e.tasks, "sent") }},
		"an unfinished task":     {ended, func(e *evidence) { e.tasks["sent"] = wire.Task{Status: "PROGRESS"} }},
		"a task failed":          {ended, func(e *evidence) { e.tasks["sent"] = wire.Task{Status: "FAILURE"} }},
		"a task failed twice": {ended, func(e *evidence) {
			twice := "remote conversion failed: cancelled; local conversion failed: an internal error"
			e.tasks["sent"], e.diskSound = wire.Task{Status: "FAILURE", Error: &twice}, true
		}},
		"a task given up early": {ended, func(e *evidence) {
			early := "remote conversion failed: no result within 1800 s"
			e.tasks["sent"] = wire.Task{Status: "FAILURE", Error: &early}
		}},
		"an end undone":           {staysEnded, func(e *evidence) { e.tasks["sent"] = wire.Task{Status: "REVOKED"} }},
		"an end seen undone":      {staysEnded, func(e *evidence) { e.later(call{Verb: taskShow, ID: "sent", Outcome: "PROGRESS"}) }},
		"a text indexed twice":    {indexed, func(e *evidence) { d := e.documents[0]; d.DocumentID = "d3"; e.documents = append(e.documents, d) }},
		"a text not indexed":      {indexed, func(e *evidence) { e.documents = e.documents[1:] }},
		"a text cut":              {indexed, func(e *evidence) { e.documents[0].content = "zqabc" }},
		"a chunk twice":           {indexed, func(e *evidence) { e.documents[0].chunks = make([]wire.Chunk, 2) }},
		"a chunk found twice":     {indexed, func(e *evidence) { e.documents[0].found = 2 }},
		"a chunk found elsewhere": {indexed, func(e *evidence) { e.documents[0].others = 1 }},
		"a source indexed twice":  {indexed, func(e *evidence) { e.documents[0].Checksum = "file" }},
		"a job not adopted":       {indexed, func(e *evidence) { delete(e.tasks, "made-done"); e.documents = e.documents[1:] }},
		"a cancelled job adopted": {indexed, func(e *evidence) { e.tasks["made-off"] = wire.Task{Status: "FAILURE"} }},
		"a webhook lost":          {toldOf, func(e *evidence) { e.told = nil }},
		"an end not told":         {toldOf, func(e *evidence) { e.told = e.told[:1] }},
		"another result told":     {toldOf, func(e *evidence) { e.told[1].Result = taskResult("d3", "local") }},
		"webhooks out of order":   {toldOf, func(e *evidence) { e.told[0], e.told[1] = e.told[1], e.told[0] }},
		"nobody's webhook":        {toldOf, func(e *evidence) { e.told[0].TaskID = "made-done" }},
		"a webhook still to come": {toldOf, func(e *evidence) { e.tasks["sent"].Webhook.NextTryAt = e.tasks["sent"].Webhook.DeliveredAt }},
		"a webhook not noted":     {toldOf, func(e *evidence) { e.tasks["sent"].Webhook.DeliveredAt = nil }},
		"a job back":              {cleaned, func(e *evidence) { e.left = []string{"job"} }},
		"an addition lost":        {foreseen, func(e *evidence) { e.forgotten = []string{"done"} }},
		"a restart that changes":  {cleaned, func(e *evidence) { e.changed = []string{"the list"} }},
	} {
		t.Run(wrong, func(t *testing.T) {
			t.Parallel()
			e := forge()
			tt.make(e)
			if len(tt.check(e)) == 0 {
				t.Error("it was not found")
			}
		})
	}
}
