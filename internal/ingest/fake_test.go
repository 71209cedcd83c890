package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"morag/internal/blob"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/embed"
	"morag/internal/index"
	"morag/internal/job"
)

// fakeJobs are remote jobs that do what a test tells them to.
type fakeJobs struct {
	mu        sync.Mutex
	jobs      map[string]*job.Job
	results   map[string][]byte
	available bool
	up        time.Time
	policy    job.Policy
	ended     func(context.Context, *job.Job) bool
}

func newFakeJobs() *fakeJobs {
	return &fakeJobs{up: time.Now(), jobs: map[string]*job.Job{}, results: map[string][]byte{}, policy: job.Policy{}.WithDefaults()}
}

func (f *fakeJobs) Create(_ context.Context, s job.Spec) (*job.Job, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.jobs[s.ID] != nil {
		return nil, job.ErrExists
	}
	f.jobs[s.ID] = f.policy.New(s, time.Now())
	return f.jobs[s.ID].Clone(), nil
}

func (f *fakeJobs) Get(_ context.Context, id string) (*job.Job, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.jobs[id] == nil {
		return nil, job.ErrNotFound
	}
	return f.jobs[id].Clone(), nil
}

func (f *fakeJobs) ResultData(_ context.Context, id string) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.results[id], nil
}

func (f *fakeJobs) Cancel(ctx context.Context, id, reason string) (*job.Job, error) {
	j, err := f.apply(ctx, id, job.Change{Event: job.Cancel, Message: reason})
	if errors.Is(err, job.ErrRepeated) {
		return j, nil
	}
	return j, err
}

func (f *fakeJobs) List(_ context.Context, filter job.Filter) ([]*job.Job, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var jobs []*job.Job
	for _, j := range f.jobs {
		if filter.Status == "" || j.Status == filter.Status {
			jobs = append(jobs, j.Clone())
		}
	}
	return jobs, "", nil
}

func (f *fakeJobs) Over(_ context.Context, age time.Duration, _ string, _ int) ([]*job.Job, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var over []*job.Job
	for _, j := range f.jobs {
		if j.Status.Terminal() && time.Since(j.CompletedAt) >= age {
			over = append(over, j.Clone())
		}
	}
	return over, "", nil
}

// offer says whether a worker is there.
func (f *fakeJobs) offer(available bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.available = available
}

func (f *fakeJobs) Available(context.Context, string, time.Duration) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.available, nil
}

func (f *fakeJobs) UpSince(context.Context) (time.Time, error) { return f.up, nil }

func (f *fakeJobs) Retry(ctx context.Context, id string) (*job.Job, error) {
	return f.apply(ctx, id, job.Change{Event: job.Retry})
}

func (f *fakeJobs) Reassign(ctx context.Context, id, worker string) (*job.Job, error) {
	return f.apply(ctx, id, job.Change{Event: job.Reassign, Assignee: worker})
}

func (f *fakeJobs) Estimate(string, int64) time.Duration { return time.Minute }

// apply makes a change and tells of an end, as the dispatcher does.
func (f *fakeJobs) apply(ctx context.Context, id string, c job.Change) (*job.Job, error) {
	f.mu.Lock()
	j := f.jobs[id]
	if j == nil {
		f.mu.Unlock()
		return nil, job.ErrNotFound
	}
	c.Now = time.Now()
	err := f.policy.Apply(j, c)
	if err == nil && c.Result != nil {
		f.results[id] = c.Result
	}
	after := j.Clone()
	f.mu.Unlock()
	if err == nil && after.Status.Terminal() && f.ended != nil {
		f.ended(ctx, after)
	}
	return after, err
}

// only is the one job there is.
func (f *fakeJobs) only() (*job.Job, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.jobs) != 1 {
		return nil, fmt.Errorf("there are %d jobs, want 1", len(f.jobs))
	}
	for _, j := range f.jobs {
		return j.Clone(), nil
	}
	return nil, nil
}

func (f *fakeJobs) complete(ctx context.Context, id, text string) error {
	return f.completeWith(ctx, id, job.Result{Content: text, Metadata: json.RawMessage(`{"duration":3}`), ProcessingTime: 2})
}

func (f *fakeJobs) completeWith(ctx context.Context, id string, r job.Result) error {
	if _, err := f.apply(ctx, id, job.Change{Event: job.Claim, WorkerID: "w"}); err != nil {
		return err
	}
	result, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = f.apply(ctx, id, job.Change{Event: job.Succeed, WorkerID: "w", Attempt: 1, Digest: "d", Result: result})
	return err
}

// fakeConverter returns the source's bytes, or an error.
type fakeConverter struct {
	mu    sync.Mutex
	err   error
	calls int
	block chan struct{} // when set, a conversion waits for it or for its context

	thumbnails []string // of every document

	takes   time.Duration // of a conversion, which says at its beginning that half is done
	stopped int           // conversions whose context ended
}

func (f *fakeConverter) Convert(ctx context.Context, src content.Source, _ convert.Options, progress convert.Progress) (*content.Document, error) {
	f.mu.Lock()
	f.calls++
	err, block, takes, thumbnails := f.err, f.block, f.takes, f.thumbnails
	f.mu.Unlock()
	if takes > 0 {
		progress(0.5, "half of it")
		select {
		case <-time.After(takes):
		case <-ctx.Done():
			f.mu.Lock()
			f.stopped++
			f.mu.Unlock()
			return nil, ctx.Err()
		}
	}
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(src.Path)
	return &content.Document{Content: string(raw), Metadata: map[string]any{"engine": "fake"}, Thumbnails: thumbnails}, err
}

func (f *fakeConverter) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *fakeConverter) take(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.takes = d
}

// hold keeps conversions waiting for what is sent on block.
func (f *fakeConverter) hold() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.block = make(chan struct{})
}

// fakeEmbedder fails as often as it is told to.
type fakeEmbedder struct {
	mu       sync.Mutex
	failures int
}

func (*fakeEmbedder) Model() embed.Model { return embed.Model{Name: "fake", Dimension: 2} }

func (f *fakeEmbedder) Embed(_ context.Context, _ embed.Purpose, texts []string) ([][]float32, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failures > 0 {
		f.failures--
		return nil, embed.ErrTransient
	}
	vectors := make([][]float32, len(texts))
	for i := range vectors {
		vectors[i] = []float32{1, 0}
	}
	return vectors, nil
}

// fakeIndex keeps versions in maps; what these tests do not use is not there.
type fakeIndex struct {
	index.Index
	mu     sync.Mutex
	staged map[string][]index.Chunk
	shown  map[string]bool
}

func newFakeIndex() *fakeIndex {
	return &fakeIndex{staged: map[string][]index.Chunk{}, shown: map[string]bool{}}
}

func (f *fakeIndex) Stage(_ context.Context, v index.Version, chunks []index.Chunk) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.staged[v.Name] = append(f.staged[v.Name], chunks...)
	return nil
}

func (f *fakeIndex) Switch(_ context.Context, show, hide string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.shown, hide)
	if _, staged := f.staged[show]; show != "" && !staged {
		return index.ErrIncomplete
	}
	if show != "" {
		f.shown[show] = true
	}
	return nil
}

func (*fakeIndex) Sweep(context.Context, int, time.Duration) (int, error) { return 0, nil }

// fakeBlobs keeps blobs as files of a test's folder.
type fakeBlobs struct {
	dir  string
	used func(ref string) bool // tells what somebody uses, which then stays; nil for nothing

	mu  sync.Mutex // guards what follows
	all map[string]blob.Info
	put int // blobs that were ever put
}

func (f *fakeBlobs) Put(_ context.Context, r io.Reader, _ int64) (blob.Info, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return blob.Info{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.put++
	info := blob.Info{Ref: fmt.Sprintf("%s%032x", blob.Scheme, f.put), Size: int64(len(raw)), SHA256: fmt.Sprintf("%x", raw), Modified: time.Now()}
	f.all[info.Ref] = info
	return info, os.WriteFile(f.path(info.Ref), raw, 0o600)
}

func (f *fakeBlobs) path(ref string) string { return filepath.Join(f.dir, ref[len(blob.Scheme):]) }

func (f *fakeBlobs) Open(_ context.Context, ref string) (blob.Reader, blob.Info, error) {
	raw, err := os.ReadFile(f.path(ref))
	if err != nil {
		return nil, blob.Info{}, blob.ErrNotFound
	}
	return struct {
		*bytes.Reader
		io.Closer
	}{bytes.NewReader(raw), io.NopCloser(nil)}, blob.Info{Ref: ref}, nil
}

func (f *fakeBlobs) Stat(_ context.Context, ref string) (blob.Info, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, ok := f.all[ref]
	if !ok {
		return info, blob.ErrNotFound
	}
	return info, nil
}

func (f *fakeBlobs) Delete(_ context.Context, ref string) error {
	if f.used != nil && f.used(ref) {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, ref)
	if err := os.Remove(f.path(ref)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (f *fakeBlobs) File(_ context.Context, ref string) (string, func(), error) {
	if _, err := f.Stat(context.Background(), ref); err != nil {
		return "", nil, err
	}
	return f.path(ref), func() {}, nil
}

func (*fakeBlobs) Hold(context.Context, string) func() { return func() {} }

// fakeReferences notes what users use last.
type fakeReferences struct {
	blob.References
	mu   sync.Mutex
	used map[string][]string
}

func (f *fakeReferences) Refer(_ context.Context, user string, _ time.Duration, refs ...string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.used[user] = refs
	return nil
}

// refs counts the blobs there are.
func (f *fakeBlobs) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.all)
}

type fakeDB struct{ mu sync.Mutex }

func (f *fakeDB) Write(ctx context.Context, fn func(context.Context) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fn(ctx)
}
