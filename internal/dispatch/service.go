// Package dispatch is the lifecycle of remote jobs over a job store: creating them,
// handing them to the workers that poll, hearing the workers while they convert,
// taking their results, and ending what time has run out for. The rules are in
// package job; here is who applies them when.
package dispatch

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"morag/internal/estimate"
	"morag/internal/fleet"
	"morag/internal/job"
	"morag/internal/metrics"
	"morag/internal/stack"
	"morag/internal/trace"
)

// Config is what a [Service] needs. Every field without a default named must be set.
type Config struct {
	Store   job.Store
	Sources *Sources
	Policy  job.Policy
	Now     func() time.Time // time.Now
	Logger  *slog.Logger     // slog.Default()
	Metrics *metrics.Metrics // a registry of its own
	Tracer  *trace.Tracer    // nil for none
	// Fleet keeps the workers, and that this server lives.
	Fleet fleet.Store
	// Server is this server's name there: no other living one may have it; a random one.
	Server string
	// Shared tells that other servers hand out the same jobs: a worker that is new is known
	// to them when its first poll is answered.
	Shared bool
	// MaxPending is how many jobs may be pending when another is created, 0 for no
	// limit. Jobs that return to pending are not counted against anybody.
	MaxPending int
	// Sealer seals the secrets among the options of jobs; nil: they are stored as they are.
	Sealer Sealer
	// MayWork tells whether a key of that name is still good; nil: every one is.
	MayWork func(key string) bool
	// WorkerOf is the name of the key that alone may speak as a worker, "" when that is
	// whoever does so first; nil: it always is.
	WorkerOf func(workerID string) (key string)
	// Ended is told of every job that ends, however it does, and says whether an
	// ingestion goes on with its result. It may be told twice.
	Ended func(ctx context.Context, j *job.Job) (continued bool)
}

// Service is safe for concurrent use. [Service.Run] must run for waiting polls to be
// served and for time to pass.
type Service struct {
	store   job.Store
	sources *Sources
	policy  job.Policy
	now     func() time.Time
	log     *slog.Logger
	metrics *metrics.Metrics
	tracer  *trace.Tracer
	fleet   fleet.Store
	server  string
	shared  bool
	sealer  Sealer
	mayWork func(key string) bool

	workerOf func(workerID string) string

	maxPending int

	ended func(context.Context, *job.Job) bool

	waiters   *waiters
	sightings *sightings
	apart     *stack.Apart // what polls do before they wait
	lookups   lookups
	took      *estimate.Durations // a hint: what this server has seen completed
	tally     *tally              // likewise: what came and ended at this server
	closing   chan struct{}
	stopOnce  sync.Once
	serving   sync.WaitGroup // claims under way for waiting polls
}

// New makes a service and notes that this server has begun.
func New(ctx context.Context, c Config) (*Service, error) {
	s := &Service{
		store: c.Store, sources: c.Sources, policy: c.Policy.WithDefaults(),
		now: c.Now, log: c.Logger, metrics: c.Metrics, tracer: c.Tracer, maxPending: c.MaxPending, ended: c.Ended,
		fleet: c.Fleet, server: c.Server, shared: c.Shared, mayWork: c.MayWork, sealer: c.Sealer, workerOf: c.WorkerOf, lookups: lookups{fleet: c.Fleet}, apart: stack.New(maxEntering),
		waiters: newWaiters(), took: estimate.NewDurations(estimate.Documented), tally: newTally(),
		closing: make(chan struct{}),
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.metrics == nil {
		s.metrics = metrics.New()
	}
	if s.mayWork == nil {
		s.mayWork = func(string) bool { return true }
	}
	if s.workerOf == nil {
		s.workerOf = func(string) string { return "" }
	}
	if s.server == "" {
		s.server = uuid.NewString()
	}
	s.sightings = newSightings(s.now)
	if err := s.fleet.Start(ctx, s.server); err != nil {
		return nil, err
	}
	if err := s.knowHolders(ctx); err != nil {
		return nil, err
	}
	return s, s.remember(ctx)
}

// rememberedEnds is how many of the newest completed jobs are learned from at start.
const rememberedEnds = 1000

// remember learns from the store how long jobs took and how many came lately.
func (s *Service) remember(ctx context.Context) error {
	seen, cut := 0, s.now().Add(-24*time.Hour)
	return s.each(ctx, "", func(j *job.Job) bool {
		if j.CreatedAt.After(cut) {
			s.tally.create(j.CreatedAt)
		}
		if j.Status == job.Completed && !j.StartedAt.IsZero() {
			s.took.Learn(j.Owner, j.ContentType, j.SourceSize, j.CompletedAt.Sub(j.StartedAt))
		}
		seen++
		return seen < rememberedEnds
	})
}

// each calls fn with the jobs of a status ("" for all), newest first, until it
// returns false.
func (s *Service) each(ctx context.Context, status job.Status, fn func(*job.Job) bool) error {
	for cursor := ""; ; {
		jobs, next, err := s.store.List(ctx, job.Filter{Status: status, Limit: 1000, Cursor: cursor})
		if err != nil {
			return err
		}
		for _, j := range jobs {
			if !fn(j) {
				return nil
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}

// Run serves waiting polls and applies what time brings, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	defer s.serving.Wait()
	defer s.Stop()
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { s.offerWoken(ctx) })
	running.Go(func() { s.readmit(ctx) })
	running.Go(func() { s.sightingLoop(ctx) })
	s.expire(ctx)
}

// Stop ends every waiting poll without a job and lets no new one wait.
func (s *Service) Stop() { s.stopOnce.Do(func() { close(s.closing) }) }

// observe notes an accepted change: one log line, what it says of the worker, and, when
// the job is over, whoever waits for it. It tells whether an ingestion goes on.
func (s *Service) observe(ctx context.Context, j *job.Job) bool {
	if len(j.History) == 0 {
		return false
	}
	step := j.History[len(j.History)-1]
	level := slog.LevelInfo
	if step.To == job.Failed || step.To == job.Timeout || step.Reason == string(job.LoseLease) {
		level = slog.LevelWarn
	}
	attrs := []any{"job_id", j.ID, "task_id", j.IngestionTaskID, "content_type", j.ContentType, "worker_id", step.WorkerID,
		"key", j.ClaimedBy, "from", string(step.From), "to", string(step.To), "attempt", j.Attempt}
	switch job.Event(step.Reason) {
	case job.Created:
		if j.IngestionTaskID == "" { // else the task's line names it
			attrs = append(attrs, "source_name", j.SourceName)
		}
	case job.Claim, job.Release, job.Retry, job.Reassign: // the error is an earlier attempt's
	default:
		attrs = append(attrs, "error", j.ErrorMessage)
	}
	s.log.Log(ctx, level, "job "+step.Reason, attrs...)
	s.metrics.JobChanged(j.ContentType, step)
	if job.Event(step.Reason) == job.Claim && j.Attempt == 1 {
		s.metrics.JobWaited(j.ContentType, step.At.Sub(j.CreatedAt))
	}
	s.judge(ctx, j, step)
	if j.Status == job.Completed && !j.StartedAt.IsZero() {
		s.took.Learn(j.Owner, j.ContentType, j.SourceSize, j.CompletedAt.Sub(j.StartedAt))
	}
	if step.From == "" {
		s.tally.create(j.CreatedAt)
	}
	if j.Status.Terminal() {
		s.trace(ctx, j)
		s.tally.end(j.Owner, j.ContentType, j.Status, j.CompletedAt)
	}
	if j.Status.Terminal() && s.ended != nil {
		return s.ended(ctx, j)
	}
	return false
}

// trace tells of a job that is over, from when it was opened.
func (s *Service) trace(ctx context.Context, j *job.Job) {
	var failed error
	if j.Status != job.Completed {
		failed = errors.New(cmp.Or(j.ErrorMessage, string(j.Status)))
	}
	s.tracer.Past(trace.Continue(ctx, j.Traceparent), "job", j.OpenedAt, j.CompletedAt, failed, "morag.job_id", j.ID, "morag.task_id", j.IngestionTaskID,
		"morag.content_type", j.ContentType, "morag.status", string(j.Status), "morag.attempt", j.Attempt, "morag.worker_id", j.WorkerID)
}

// update applies one change and observes it.
func (s *Service) update(ctx context.Context, id string, c job.Change) (*job.Job, bool, error) {
	j, err := s.store.Update(ctx, id, c)
	if err != nil {
		return j, false, err
	}
	return j, s.observe(ctx, j), nil
}
