// Package search answers a question with the chunks that fit it best: it asks the
// index for those near in meaning and those with the same words, and makes one
// ranking of both.
package search

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"morag/internal/auth"
	"morag/internal/document"
	"morag/internal/embed"
	"morag/internal/index"
)

// The bounds of a search.
const (
	DefaultLimit = 10
	MaxLimit     = 100
	MaxQuery     = 8 << 10 // bytes
)

// ErrQuery: a query that cannot be searched for; the message says why.
var ErrQuery = errors.New("query cannot be searched for")

// Finder is what a search needs of an [index.Index].
type Finder interface {
	Nearest(ctx context.Context, v []float32, n int, s index.Scope) ([]index.Hit, error)
	Match(ctx context.Context, text string, n int, s index.Scope) ([]index.Hit, error)
}

// Documents is what a search needs of a [document.Store].
type Documents interface {
	Current(ctx context.Context, versions []string, metadata int) (map[string]document.Summary, error)
}

// Embedder is what a search needs of an [embed.Embedder].
type Embedder interface {
	Embed(ctx context.Context, purpose embed.Purpose, texts []string) ([][]float32, error)
}

// Config is what a [Service] needs.
type Config struct {
	Index     Finder
	Documents Documents
	Embedder  Embedder
	// EmbedTimeout is how long a search waits for the embedder before it goes without; 0
	// for 5 s.
	EmbedTimeout time.Duration
	Logger       *slog.Logger // nil for none
}

// Service searches. It is safe for concurrent use.
type Service struct {
	cfg Config
	log *slog.Logger
}

// New returns a service.
func New(cfg Config) *Service {
	cfg.EmbedTimeout = cmp.Or(cfg.EmbedTimeout, 5*time.Second)
	return &Service{cfg: cfg, log: cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))}
}

// Mode says which rankings a search asks for; "" is Hybrid.
type Mode string

const (
	Hybrid  Mode = "hybrid"  // by words and by vectors
	Words   Mode = "words"   // the same words
	Vectors Mode = "vectors" // near in meaning
)

// Query is what is asked.
type Query struct {
	Text  string // a person's words
	Limit int    // hits at most; 0 for DefaultLimit
	Mode  Mode
	// Filter restricts to chunks by their metadata; nil for all.
	Filter index.Filter
}

// Hit is a chunk that was found, and the document that it is of.
type Hit struct {
	index.Hit
	Document document.Summary
	// Metadata are the document's, overlaid by the chunk's own, overlaid by the reserved.
	Metadata json.RawMessage
}

// Found is what a search returns.
type Found struct {
	// Hits are the best first. Their Score is the share of the best possible: 1 for a
	// chunk that both rankings have first, 0.5 for one that one ranking has first and
	// the other not at all. It ranks; it does not tell how well a chunk fits.
	Hits []Hit
	// WordsOnly: the embedder did not answer in time, so chunks that say the same in
	// other words are missing. Warnings has a sentence about it.
	WordsOnly bool
	Warnings  []string
}

// Search returns the best hits among what the caller may know of. [ErrQuery] when the
// text is empty or over MaxQuery, or the limit not from 0 to MaxLimit;
// [index.ErrNotReady]. When the embedder is unavailable for the time being, the answer
// is by words only and says so; its other errors are returned.
func (s *Service) Search(ctx context.Context, by auth.Scope, q Query) (*Found, error) {
	if err := check(q); err != nil {
		return nil, err
	}
	limit := cmp.Or(q.Limit, DefaultLimit)
	scope := index.Scope{Owner: by.Owner, AllOwners: by.All, Filter: q.Filter}
	found := &Found{}
	var vector []float32
	var err error
	if q.Mode != Words {
		vector, err = s.embed(ctx, q.Text)
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case q.Mode == Vectors && err != nil:
		return nil, err
	case errors.Is(err, embed.ErrTransient), errors.Is(err, context.DeadlineExceeded):
		s.log.Warn("search by words only", "err", err)
		vector, found.WordsOnly = nil, true
		found.Warnings = append(found.Warnings, "the embedder is unavailable: the results are by words only")
	case err != nil:
		return nil, err
	}
	found.Hits, err = s.find(ctx, question{mode: q.Mode, text: q.Text, vector: vector, scope: scope, limit: limit})
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	left, err := tellMetadata(found.Hits)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	if left > 0 {
		found.Warnings = append(found.Warnings, fmt.Sprintf("the metadata of the results are larger than %d MiB: "+
			"%d results have only those of their chunk", maxMetadata>>20, left))
	}
	return found, nil
}

func check(q Query) error {
	switch {
	case strings.TrimSpace(q.Text) == "":
		return fmt.Errorf("%w: it is empty", ErrQuery)
	case len(q.Text) > MaxQuery:
		return fmt.Errorf("%w: it has %d bytes, at most %d are allowed", ErrQuery, len(q.Text), MaxQuery)
	case q.Mode != "" && q.Mode != Hybrid && q.Mode != Words && q.Mode != Vectors:
		return fmt.Errorf("%w: mode must be hybrid, words or vectors", ErrQuery)
	case q.Limit < 0 || q.Limit > MaxLimit:
		return fmt.Errorf("%w: limit must be from 1 to %d", ErrQuery, MaxLimit)
	}
	return nil
}

// embed makes the query's vector. A deadline that is exceeded is EmbedTimeout's, or ctx's.
func (s *Service) embed(ctx context.Context, text string) ([]float32, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.EmbedTimeout)
	defer cancel()
	vectors, err := s.cfg.Embedder.Embed(ctx, embed.Query, []string{text})
	if err != nil {
		return nil, fmt.Errorf("embed query: %w", err)
	}
	if len(vectors) != 1 {
		return nil, fmt.Errorf("embed query: %d vectors for one text", len(vectors))
	}
	return vectors[0], nil
}
