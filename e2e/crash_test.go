package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// marker stands once in every text that a hand-made worker sends.
const marker = "zephyrquartz"

// TestServerCrash kills the server at each step of a remote ingestion: after it is
// started again the task ends well, indexed once.
func TestServerCrash(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]func(*ingestion){
		"never":                func(*ingestion) {},
		"after the submit":     func(i *ingestion) { i.crash() },
		"while pending":        func(i *ingestion) { i.pending(); i.crash() },
		"while processing":     func(i *ingestion) { i.claim(); i.download(); i.crash() },
		"before the download":  func(i *ingestion) { i.claim(); i.crash(); i.download() },
		"after the result":     func(i *ingestion) { i.deliver(); i.crash() },
		"while storing":        func(i *ingestion) { i.deliver(); i.storing(); i.crash() },
		"twice, while storing": func(i *ingestion) { i.deliver(); i.storing(); i.crash(); i.storing(); i.crash() },
		"at the end":           func(i *ingestion) { i.deliver(); i.succeeded(i.task); i.crash() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIngestion(t)
			at(i)
			i.deliver()
			i.isIndexedOnce()
		})
	}
}

// ingestion is one remote ingestion on a server of its own, and the worker that
// converts it by hand. Its steps may be asked for again; each happens once.
type ingestion struct {
	*server
	source    []byte
	task, doc string
	job       wire.Job // claimed, JobID nil before
	text      string   // what the worker made of it
	delivered bool
}

const worker = "by-hand"

func newIngestion(t *testing.T) *ingestion {
	t.Helper()
	i := &ingestion{server: serve(t), source: []byte("ID3" + strings.Repeat("\x04\x00\xfe", 2000))}
	path := filepath.Join(t.TempDir(), "talk.mp3")
	if err := os.WriteFile(path, i.source, 0o600); err != nil {
		t.Fatal(err)
	}
	created, err := i.IngestFile(t.Context(), path, client.IngestOptions{Options: option.Options{Remote: true, ChunkSize: 500, ChunkOverlap: new(int)}, ContentType: "audio"})
	if err != nil {
		t.Fatal(err)
	}
	i.task, i.doc = created.TaskID, created.DocumentID
	// Long enough that storing takes a while, every sentence different.
	var b strings.Builder
	fmt.Fprintf(&b, "The %s is named here and nowhere else.\n", marker)
	for n := range 60_000 {
		fmt.Fprintf(&b, "Sentence %d says that number %d comes before number %d.\n", n, n*7, n*7+1)
	}
	i.text = b.String()
	return i
}

// stepTime is how long a step may take on a busy machine.
const stepTime = time.Minute

// pending waits until the remote job is there.
func (i *ingestion) pending() {
	i.t.Helper()
	eventually(i.t, stepTime, "a pending job", func() bool {
		page, err := i.Jobs(context.Background(), client.JobFilter{Status: "pending"})
		if err != nil {
			i.t.Fatal(err)
		}
		return len(page.Jobs) == 1
	})
}

func (i *ingestion) claim() {
	i.t.Helper()
	eventually(i.t, stepTime, "a job to claim", func() bool {
		if i.job.JobID != nil {
			return true
		}
		found, err := i.Poll(context.Background(), client.Poll{WorkerID: worker, ContentTypes: []string{"audio"}, Wait: 5 * time.Second, Lease: time.Minute})
		if err != nil {
			i.t.Fatal(err)
		}
		i.job = found.Job
		return i.job.JobID != nil
	})
}

func (i *ingestion) download() {
	i.t.Helper()
	got, err := get(i.url + *i.job.SourceFileURL)
	if err != nil || !bytes.Equal(got, i.source) {
		i.t.Errorf("downloaded %d of %d bytes: %v", len(got), len(i.source), err)
	}
}

// deliver sends the result, after what comes before it.
func (i *ingestion) deliver() {
	i.t.Helper()
	if i.delivered {
		return
	}
	i.claim()
	body, err := json.Marshal(wire.JobResult{
		Success: true, Content: wire.Text(i.text), Metadata: json.RawMessage(`{"duration": 120.5}`),
		ProcessingTime: 1, WorkerID: worker, Attempt: *i.job.Attempt,
	})
	if err != nil {
		i.t.Fatal(err)
	}
	taken, err := i.PutResult(context.Background(), *i.job.JobID, bytes.NewReader(body), int64(len(body)))
	if err != nil {
		i.t.Fatal(err)
	}
	if taken.Status != "completed" || !taken.IngestionContinued {
		i.t.Errorf("result answered with %+v", taken)
	}
	i.delivered = true
}

// storing waits until the text is being stored.
func (i *ingestion) storing() {
	i.t.Helper()
	eventually(i.t, stepTime, "storing", func() bool {
		task, err := i.Task(context.Background(), i.task)
		if err != nil {
			i.t.Fatal(err)
		}
		if client.Ended(task.Status) {
			i.t.Fatalf("the task ended %s before it could be caught storing: the text is too short", task.Status)
		}
		return task.Stage == "storing"
	})
}

// isIndexedOnce checks the end: one document with all of its text, one job, one
// source file, and each chunk once.
func (i *ingestion) isIndexedOnce() {
	i.t.Helper()
	ctx := context.Background()
	result := i.succeeded(i.task)
	if result.ProcessingMethod != "remote" || result.Duplicate || result.DocumentID != i.doc {
		i.t.Errorf("result %+v", result)
	}
	if got := strings.TrimSpace(i.server.text(i.doc)); got != strings.TrimSpace(i.text) {
		i.t.Errorf("the document has %d bytes, want the %d that were sent", len(got), len(i.text))
	}
	documents, err := i.Documents(ctx, client.DocumentFilter{})
	if err != nil {
		i.t.Fatal(err)
	}
	jobs, err := i.Jobs(ctx, client.JobFilter{Status: "completed"})
	if err != nil {
		i.t.Fatal(err)
	}
	if len(documents.Documents) != 1 || len(jobs.Jobs) != 1 {
		i.t.Errorf("%d documents, %d completed jobs; want one of each", len(documents.Documents), len(jobs.Jobs))
	}
	eventually(i.t, stepTime, "only the source is kept", func() bool { return i.uploads() == 1 })
	if jobs.Jobs[0].Attempt != 1 {
		i.t.Errorf("attempt %d, want 1: it was converted again", jobs.Jobs[0].Attempt)
	}
	if n := i.chunks(); n != result.ChunksStored || n < 1000 {
		i.t.Errorf("%d chunks are there, the task stored %d", n, result.ChunksStored)
	}
	found, err := i.Search(ctx, wire.Search{Query: marker})
	if err != nil {
		i.t.Fatal(err)
	}
	n := 0
	for _, hit := range found.Results {
		n += strings.Count(hit.Content, marker)
	}
	if n != 1 {
		i.t.Errorf("the search finds the word %d times, want once", n)
	}
}

// chunks counts the document's, each index once.
func (i *ingestion) chunks() int {
	i.t.Helper()
	seen := map[int]bool{}
	for list := (client.List{Limit: 1000}); ; {
		page, err := i.DocumentChunks(context.Background(), i.doc, list)
		if err != nil {
			i.t.Fatal(err)
		}
		for _, c := range page.Chunks {
			if seen[c.ChunkIndex] {
				i.t.Fatalf("chunk %d is there twice", c.ChunkIndex)
			}
			seen[c.ChunkIndex] = true
		}
		if page.NextCursor == nil {
			return len(seen)
		}
		list.Cursor = *page.NextCursor
	}
}
