// Package reindex exchanges the model that the documents are embedded by, while they are
// searched: the vectors of the other model are made in the background, beside those that are
// searched, and used from one moment on when all are there.
package reindex

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"morag/internal/backoff"
	"morag/internal/embed"
	"morag/internal/index"
)

// ErrSame: the documents are embedded by the model that the settings name already.
var ErrSame = errors.New("the documents are embedded by the model that MORAG_EMBEDDER names")

// ErrOvertaken: another server has the turn by now.
var ErrOvertaken = errors.New("another server makes the vectors by now")

// Turn has one of the servers that share an index make the vectors.
type Turn interface {
	// Take takes the turn unless another server has it, when ok is false. keep is to be called
	// again and again and returns [ErrOvertaken] when the turn is lost; done gives it back.
	Take(ctx context.Context) (keep func(context.Context) error, done func(), ok bool, err error)
}

// alone is the turn of a server that shares with none.
type alone struct{}

// Take implements [Turn].
func (alone) Take(context.Context) (func(context.Context) error, func(), bool, error) {
	return func(context.Context) error { return nil }, func() {}, true, nil
}

// Config is what a [Service] needs.
type Config struct {
	Index index.Reindexer
	// Embedder is that of the settings.
	Embedder embed.Embedder
	// AtOnce begins without being asked.
	AtOnce bool
	// Turn is shared with other servers; nil when there are none.
	Turn   Turn
	Logger *slog.Logger     // nil for none
	Now    func() time.Time // nil for time.Now
}

// Service reindexes. It is safe for concurrent use.
type Service struct {
	index    index.Reindexer
	embedder embed.Embedder
	wanted   index.Model
	atOnce   bool
	turn     Turn
	look     time.Duration // how often it is looked whether another server has begun, below 0 for never
	log      *slog.Logger
	now      func() time.Time
	asked    chan struct{} // something has changed

	mu      sync.Mutex // guards what follows
	failure string     // of the last try, "" when it came through
	since   time.Time  // when this server began or went on
}

// New returns a service. [Service.Run] does the work.
func New(c Config) *Service {
	s := &Service{
		index: c.Index, embedder: c.Embedder, wanted: index.Model(c.Embedder.Model()), atOnce: c.AtOnce,
		log: cmp.Or(c.Logger, slog.New(slog.DiscardHandler)), now: c.Now, asked: make(chan struct{}, 1),
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.turn, s.look = alone{}, -1
	if c.Turn != nil {
		s.turn, s.look = c.Turn, lookEvery
	}
	return s
}

// State says how far an exchange is.
type State string

const (
	Current State = "current" // the documents are embedded by the model of the settings
	Offered State = "offered" // they are not, and nobody has begun
	Running State = "running" // their vectors are being made
)

// Status is how an exchange goes.
type Status struct {
	State State
	// Model is what made the vectors that are searched, Next what the settings name.
	Model, Next index.Model
	// Chunks is how many there are, Embedded how many have a vector of Next.
	Chunks, Embedded int
	Failure          string    // of the last try, "" when it came through; it is tried again
	Since            time.Time // when this server began or went on; zero unless it is running
}

// Start begins to make the vectors of the model that the settings name; again is no error.
// [ErrSame].
func (s *Service) Start(ctx context.Context) error {
	if s.index.Model() == s.wanted {
		return ErrSame
	}
	if err := s.index.Begin(ctx, s.wanted); err != nil {
		return err
	}
	s.log.Info("reindexing begun", "from", s.index.Model().Name, "to", s.wanted.Name)
	s.wake()
	return nil
}

// Stop ends what was begun; the vectors that were made go.
func (s *Service) Stop(ctx context.Context) error {
	if err := s.index.Abandon(ctx); err != nil {
		return err
	}
	s.log.Info("reindexing stopped", "to", s.wanted.Name)
	s.wake()
	return nil
}

func (s *Service) wake() {
	select {
	case s.asked <- struct{}{}:
	default:
	}
}

// Status tells how it goes.
func (s *Service) Status(ctx context.Context) (Status, error) {
	st := Status{State: Current, Model: s.index.Model(), Next: s.wanted}
	next, err := s.index.Next(ctx)
	if err != nil {
		return st, err
	}
	if st.Chunks, st.Embedded, err = s.index.Count(ctx); err != nil {
		return st, err
	}
	if st.Model == s.wanted {
		st.Embedded = st.Chunks
		return st, nil
	}
	st.State = Offered
	if next == s.wanted {
		s.mu.Lock()
		defer s.mu.Unlock()
		st.State, st.Failure, st.Since = Running, s.failure, s.since
	}
	return st, nil
}

// Left is how many chunks have no vector yet of the model that the settings name.
func (s *Service) Left(ctx context.Context) (int, error) {
	if s.index.Model() == s.wanted {
		return 0, nil
	}
	chunks, embedded, err := s.index.Count(ctx)
	return chunks - embedded, err
}

// batch is how many chunks are embedded at a time: one request to most services.
const batch = 64

// lookEvery is how often a server looks whether another has begun or died.
const lookEvery = 5 * time.Second

// waits is how long it waits before it tries again.
var waits = backoff.Policy{First: time.Second, Max: time.Minute}

// Run does what was begun, here or before the server was stopped or killed, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	s.offer(ctx)
	for tries := 0; ctx.Err() == nil; {
		done, err := s.step(ctx)
		if ctx.Err() != nil {
			return
		}
		s.note(err)
		if err != nil {
			tries++
			s.log.Warn("reindexing failed and is tried again", "to", s.wanted.Name, "err", err)
			s.rest(ctx, waits.Wait(tries))
			continue
		}
		tries = 0
		if done {
			s.rest(ctx, s.look)
		}
	}
}

// offer says at the start that the documents are embedded by another model, or begins.
func (s *Service) offer(ctx context.Context) {
	used := s.index.Model()
	if used == s.wanted {
		return
	}
	if s.atOnce {
		if err := s.Start(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("reindexing cannot begin", "err", err)
		}
		return
	}
	if next, err := s.index.Next(ctx); err == nil && next == s.wanted {
		s.log.Info("reindexing goes on", "from", used.Name, "to", s.wanted.Name)
		return
	}
	s.log.Warn("the documents are embedded by another model than MORAG_EMBEDDER names: searches go on with that; "+
		"morag reindex has the new one embed them in the background", "from", used.Name, "to", s.wanted.Name)
}

// rest waits until somebody asks, or so long; below 0 for ever.
func (s *Service) rest(ctx context.Context, d time.Duration) {
	var over <-chan time.Time
	if d >= 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-ctx.Done():
	case <-s.asked:
	case <-over:
	}
}

func (s *Service) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = ""
	if err != nil {
		s.failure = err.Error()
	}
}

// step does everything that is to be done now. It is false when it has to be called again.
func (s *Service) step(ctx context.Context) (done bool, err error) {
	next, err := s.index.Next(ctx)
	switch {
	case err != nil:
		return false, err
	case next == index.Model{}:
		return true, nil
	case next != s.wanted: // the settings have been changed since
		return false, s.index.Abandon(ctx)
	}
	keep, given, ok, err := s.turn.Take(ctx)
	if err != nil || !ok {
		return true, err
	}
	defer given()
	s.mu.Lock()
	s.since = s.now()
	s.mu.Unlock()
	from := s.index.Model()
	finished := false
	if err = s.embedAll(ctx, keep); err == nil {
		finished, err = s.index.Finish(ctx, s.embed)
	}
	if errors.Is(err, ErrOvertaken) {
		return true, nil
	}
	if errors.Is(err, index.ErrModel) {
		if next, failed := s.index.Next(ctx); failed == nil && next != s.wanted {
			return false, nil // it was stopped meanwhile
		}
	}
	if err != nil || !finished {
		return false, err
	}
	s.log.Info("reindexed: searches use the vectors of the other model from now on", "from", from.Name, "to", s.wanted.Name)
	return true, nil
}

// embedAll makes the vectors of all chunks that have none.
func (s *Service) embedAll(ctx context.Context, keep func(context.Context) error) error {
	for after := int64(0); ; {
		chunks, err := s.index.Unembedded(ctx, after, batch)
		if err != nil || len(chunks) == 0 {
			return err
		}
		after = chunks[len(chunks)-1].Chunk
		embedded, err := index.EmbedAll(ctx, chunks, s.embed)
		if err != nil {
			return err
		}
		if err := s.index.Embed(ctx, embedded); err != nil {
			return err
		}
		if err := keep(ctx); err != nil {
			return err
		}
	}
}

func (s *Service) embed(ctx context.Context, texts []string) ([][]float32, error) {
	vectors, err := s.embedder.Embed(ctx, embed.Passage, texts)
	if err == nil && len(vectors) != len(texts) {
		err = fmt.Errorf("%d vectors for %d texts", len(vectors), len(texts))
	}
	if err != nil {
		return nil, fmt.Errorf("embed: %w", err)
	}
	return vectors, nil
}
