// Package ingest is the pipeline from a source to a searchable document: it runs
// tasks, converts or, by way of package remote, has a worker convert, cuts and embeds
// the text, and switches the document in. Every step that may be interrupted is in
// the task's row; a run that dies is taken up where its row says.
package ingest

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"morag/internal/blob"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/document"
	"morag/internal/embed"
	"morag/internal/estimate"
	"morag/internal/index"
	"morag/internal/metrics"
	"morag/internal/remote"
	"morag/internal/share"
	"morag/internal/task"
	"morag/internal/trace"
)

// Converter converts on this machine.
type Converter interface {
	Convert(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress) (*content.Document, error)
}

// Cutter cuts long sources into pieces.
type Cutter interface {
	// Cut hands the pieces of a source to take, one after the other. What is not long enough
	// has none, and neither has what cannot be cut without being converted otherwise.
	Cut(ctx context.Context, src content.Source, opt convert.Options, progress convert.Progress, take func(p content.Piece, file io.Reader) error) (content.Cutting, error)
}

// Transactor runs fn in one transaction that every store called with its ctx joins.
// [task.ErrNoSpace] when there is no room to commit it, [task.ErrUnavailable].
type Transactor interface {
	Write(ctx context.Context, fn func(ctx context.Context) error) error
}

// Config is what a [Service] needs. Fields without a default named must be set.
type Config struct {
	Tasks     task.Store
	Index     index.Index
	Documents document.Store
	Blobs     blob.Store
	// References are told by Tasks and Documents who uses what: by [Referring] and
	// [document.Referring].
	References blob.References
	Converter  Converter
	Embedder   embed.Embedder
	DB         Transactor
	// Cutter cuts sources that workers convert; nil for not, and SplitAfter is how long those
	// are that it cuts at least.
	Cutter     Cutter
	SplitAfter time.Duration

	// Runner names this process's runs in the store. No other living process may use the
	// name: at the start, the runs that the store knows under it are taken to be dead. A
	// new one by default.
	Runner      string
	Runners     int // tasks run at a time: 2; negative for none
	MaxQueued   int // tasks under way, the waiting ones too; 0 for no limit
	KeepSources bool
	Remote      *remote.Service
	Now         func() time.Time // time.Now
	Logger      *slog.Logger     // slog.Default()
	Metrics     *metrics.Metrics // a registry of its own
	Tracer      *trace.Tracer    // nil for none
}

// Service runs ingestion tasks. It is safe for concurrent use.
type Service struct {
	tasks      task.Store
	index      index.Index
	documents  document.Store
	blobs      blob.Store
	references blob.References
	converter  Converter
	embedder   embed.Embedder
	db         Transactor
	cutter     Cutter
	splitAfter time.Duration

	runners     int
	maxQueued   int
	keepSources bool
	remote      *remote.Service
	now         func() time.Time
	log         *slog.Logger
	metrics     *metrics.Metrics
	tracer      *trace.Tracer

	runner  string
	running *runs
	watches *watches
	callers *callers
	queue   queue
	places  *share.Places // for conversions that callers wait for
	took    *estimate.Durations
	done    sync.WaitGroup
}

// maxWaitingCallers bounds the requests that wait for a place to convert in.
const maxWaitingCallers = 64

// New makes a service. [Service.Run] runs it.
func New(c Config) *Service {
	if c.Runner == "" {
		c.Runner = uuid.NewString()
	}
	if c.Runners == 0 {
		c.Runners = 2
	}
	c.Runners = max(c.Runners, 0)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Metrics == nil {
		c.Metrics = metrics.New()
	}
	return &Service{
		tasks: c.Tasks, index: c.Index, documents: c.Documents, blobs: c.Blobs, references: c.References, converter: c.Converter, embedder: c.Embedder,
		db: c.DB, cutter: c.Cutter, splitAfter: c.SplitAfter,
		runners: c.Runners, maxQueued: c.MaxQueued, keepSources: c.KeepSources, remote: c.Remote,
		now: c.Now, log: c.Logger, metrics: c.Metrics, tracer: c.Tracer,
		runner:  c.Runner,
		running: newRuns(),
		watches: newWatches(),
		callers: &callers{by: map[string]bool{}},
		places:  share.NewPlaces(share.Config{Places: max(c.Runners, 1), Line: maxWaitingCallers}),
		took:    estimate.NewDurations(expected),
	}
}

// expected is how long a local conversion is taken to last before one of its type
// has been measured.
func expected(contentType string) time.Duration {
	if content.Recording(contentType) {
		return estimate.Documented(contentType)
	}
	return 15 * time.Second
}

// Run takes up what an earlier process of the same name left, and what is lost, then runs
// tasks until ctx ends. Runs that are under way then go back to the queue uncounted.
func (s *Service) Run(ctx context.Context) error {
	if err := s.tasks.Forsake(ctx, s.runner); err != nil {
		return err
	}
	if err := s.recover(ctx); err != nil {
		return err
	}
	for range s.runners {
		s.done.Go(func() { s.runLoop(ctx) })
	}
	s.done.Go(func() {
		if err := s.forsake(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("call off what callers of an earlier process waited for", "err", err)
		}
	})
	s.done.Go(func() { s.keepLoop(ctx) })
	s.done.Go(func() { s.sweepLoop(ctx) })
	s.done.Go(func() { s.batchLoop(ctx) })
	s.done.Go(func() { s.watchLoop(ctx) })
	s.done.Wait()
	return nil
}
