package selftest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"morag/internal/client"
	"morag/internal/option"
	"morag/internal/wire"
)

// probe is one run: the server's client, what was made there, and the source of jobs.
type probe struct {
	Config
	*client.Client
	plain *http.Client // for what the client, rightly, does not do
	name  string       // of this run, in every content type, worker and document
	dir   string       // for files to upload
	kinds atomic.Int32

	finding sync.Mutex // guards source
	source  *source

	mu        sync.Mutex // guards what follows
	jobs      []string
	tasks     []string
	documents []string
	workers   map[string]bool // drained ones
}

// source is a file that jobs may name.
type source struct {
	ref  string
	text string // "" when it is not known
	err  error  // why there is none
}

// callTime bounds a call that the client has no part in.
const callTime = 70 * time.Second

func newProbe(c Config) (*probe, error) {
	transport, err := client.NewTransport(c.CAFile)
	if err != nil {
		return nil, err
	}
	api, err := client.New(client.Config{BaseURL: c.Server, APIKey: c.APIKey, CAFile: c.CAFile, UserAgent: c.UserAgent, Retries: 1})
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "morag-selftest-")
	if err != nil {
		return nil, err
	}
	random := make([]byte, 4)
	_, _ = rand.Read(random) // it never fails
	return &probe{
		Config: c, Client: api, dir: dir, name: "selftest-" + hex.EncodeToString(random), workers: map[string]bool{},
		plain: &http.Client{Transport: transport, Timeout: callTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

func (p *probe) close() {
	p.CloseIdle()
	p.plain.CloseIdleConnections()
	_ = os.RemoveAll(p.dir) // the system's temporary folder is cleared anyhow
}

// contentType is a content type that nobody else has.
func (p *probe) contentType() string { return fmt.Sprintf("%s-%d", p.name, p.kinds.Add(1)) }

// worker is the name of a worker of this run.
func (p *probe) worker(name string) string { return p.name + "-" + name }

// write makes a file to upload and returns its path.
func (p *probe) write(name, text string) (string, error) {
	path := filepath.Join(p.dir, name)
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// ingest uploads a text and waits for its task's end.
func (p *probe) ingest(ctx context.Context, name, text string, o client.IngestOptions) (wire.Task, error) {
	path, err := p.write(name, text)
	if err != nil {
		return wire.Task{}, err
	}
	created, err := p.IngestFile(ctx, path, o)
	if err != nil {
		return wire.Task{}, fmt.Errorf("upload: %w", err)
	}
	p.remember(created)
	return p.WaitTask(ctx, created.TaskID, nil)
}

// remember remembers an ingestion, to be removed.
func (p *probe) remember(created wire.Ingested) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tasks = append(p.tasks, created.TaskID)
	p.documents = append(p.documents, created.DocumentID)
}

// rememberDocument remembers a document, to be removed.
func (p *probe) rememberDocument(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.documents = append(p.documents, id)
}

// jobSource is a file that the jobs of this run name: the one that is configured, else
// the kept source of a document that is ingested for it.
func (p *probe) jobSource(ctx context.Context) (*source, error) {
	p.finding.Lock()
	defer p.finding.Unlock()
	if p.source == nil {
		s := p.findSource(ctx)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		p.source = s
	}
	return p.source, p.source.err
}

func (p *probe) findSource(ctx context.Context) *source {
	if p.Source != "" {
		return &source{ref: p.Source}
	}
	text := "What the jobs of " + p.name + " convert.\n" + strings.Repeat("It is some text, of which nothing is special.\n", 200)
	task, err := p.ingest(ctx, "source.txt", text, client.IngestOptions{Options: option.Options{DocumentID: p.name + "-source"}})
	if err != nil {
		return &source{err: fmt.Errorf("no source for a job: %w", err)}
	}
	if err := succeeded(task); err != nil {
		return &source{err: fmt.Errorf("no source for a job: %w", err)}
	}
	document, err := p.Document(ctx, p.name+"-source")
	if err != nil {
		return &source{err: fmt.Errorf("no source for a job: %w", err)}
	}
	if document.SourceRef == nil {
		return &source{err: skip("the server keeps no sources (MORAG_KEEP_SOURCES) that a job could name: give --source, a file below its MORAG_SOURCE_DIRS")}
	}
	return &source{ref: *document.SourceRef, text: text}
}

func succeeded(t wire.Task) error {
	if t.Status == "SUCCESS" {
		return nil
	}
	return fmt.Errorf("task %s ended %s: %s", t.TaskID, t.Status, deref(t.Error))
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// answer is what a plain call got.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// call makes a call that the typed client has no method for.
func (p *probe) call(ctx context.Context, method, path string, header http.Header, body io.Reader) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, p.BaseURL()+path, body)
	if err != nil {
		return answer{}, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	if body != nil && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("User-Agent", p.UserAgent)
	if p.APIKey != "" {
		req.Header.Set("Authorization", "Bearer "+p.APIKey)
	}
	resp, err := p.plain.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	const most = 8 << 20
	text, err := io.ReadAll(io.LimitReader(resp.Body, most))
	return answer{status: resp.StatusCode, header: resp.Header, body: text}, err
}

// clean removes what the checks have made and looks whether it is gone. Jobs that are
// over stay as records until the server's retention ends, as all jobs do.
func (p *probe) clean(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	failed := func(what, id string, err error, gone ...int) {
		if err != nil && !client.IsStatus(err, gone...) {
			errs = append(errs, fmt.Errorf("%s %s: %w", what, id, err))
		}
	}
	for _, id := range p.tasks { // before their jobs, which they would only make anew
		failed("cancel task", id, p.CancelTask(ctx, id), http.StatusNotFound, http.StatusConflict)
	}
	for _, id := range p.jobs {
		_, err := p.CancelJob(ctx, id, wire.JobChange{Reason: "the self-test is over"})
		failed("cancel job", id, err, http.StatusNotFound, http.StatusConflict)
	}
	for _, id := range p.documents {
		failed("delete document", id, p.DeleteDocument(ctx, id), http.StatusNotFound)
	}
	for id := range p.workers {
		failed("resume worker", id, p.ResumeWorker(ctx, id), http.StatusNotFound)
	}
	for _, id := range p.documents {
		if _, err := p.Document(ctx, id); !client.IsNotFound(err) {
			errs = append(errs, fmt.Errorf("document %s is still there", id))
		}
	}
	for _, id := range p.jobs {
		if j, err := p.JobStatus(ctx, id); err == nil && (j.Status == "pending" || j.Status == "processing") {
			errs = append(errs, fmt.Errorf("job %s is still %s", id, j.Status))
		}
	}
	return errors.Join(errs...)
}
