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
	"runtime"
	"slices"
	"strings"
	"time"

	"morag/internal/auth"
	"morag/internal/document"
	"morag/internal/embed"
	"morag/internal/index"
	"morag/internal/index/token"
	"morag/internal/share"
)

// The bounds of a search.
const (
	DefaultLimit = 10
	MaxLimit     = 100
	MaxQuery     = 8 << 10 // bytes
	MaxExpand    = 5
)

// ErrQuery: a query that cannot be searched for; the message says why.
var ErrQuery = errors.New("query cannot be searched for")

// Finder is what a search needs of an [index.Index].
type Finder interface {
	Nearest(ctx context.Context, v []float32, n int, s index.Scope) ([]index.Found, error)
	Match(ctx context.Context, text string, n int, s index.Scope) ([]index.Found, error)
	Read(ctx context.Context, found []index.Found) ([]index.Hit, error)
	Fields(ctx context.Context, versions []int64, keys []string) ([]map[string]any, error)
	Chunks(ctx context.Context, version string, from, n int) ([]index.Chunk, error)
}

// Documents is what a search needs of a [document.Store].
type Documents interface {
	Current(ctx context.Context, versions []string, metadata int) (map[string]document.Summary, error)
}

// Reranker is what a search needs of a [morag/internal/rerank.Client]: how well each text
// answers the question, from 0 to 1.
type Reranker interface {
	Rerank(ctx context.Context, question string, texts []string) ([]float64, error)
}

// Config is what a [Service] needs.
type Config struct {
	Index     Finder
	Documents Documents
	Embedder  embed.Embedder
	// Lexical tells of an embedder that it knows words and parts of words, not what they mean.
	// Its ranking weighs less, and what is near by chance is not found. Nil for never.
	Lexical func(embed.Embedder) bool
	// EmbedTimeout is how long a search waits for the embedder before it goes without; 0
	// for 5 s.
	EmbedTimeout time.Duration
	// Reranker orders the best hits anew; nil for none. A search waits RerankTimeout for it, 0
	// for 1 s, and then goes without.
	Reranker      Reranker
	RerankTimeout time.Duration
	AtATime       int              // searches that look at the index; 0 for twice as many as processors
	Logger        *slog.Logger     // nil for none
	Now           func() time.Time // nil for time.Now
}

// Service searches. It is safe for concurrent use.
type Service struct {
	cfg    Config
	log    *slog.Logger
	stems  token.Stems
	places *share.Places // at the index
}

// maxWaiting bounds the searches that wait for a place.
const maxWaiting = 1000

// ErrBusy: too many searches wait already.
var ErrBusy = errors.New("too many searches are waiting")

// New returns a service.
func New(cfg Config) *Service {
	cfg.EmbedTimeout = cmp.Or(cfg.EmbedTimeout, 5*time.Second)
	cfg.RerankTimeout = cmp.Or(cfg.RerankTimeout, time.Second)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Service{
		cfg: cfg, log: cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler)),
		places: share.NewPlaces(share.Config{Places: cmp.Or(cfg.AtATime, 2*runtime.GOMAXPROCS(0)), Line: maxWaiting}),
	}
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
	// Text is a person's words. A "phrase" must be in a hit as it is; -word and -"phrase"
	// must not.
	Text  string
	Limit int // hits at most; 0 for DefaultLimit
	Mode  Mode
	// Filter restricts to chunks by their metadata; nil for all.
	Filter index.Filter
	// Weights are those of Hybrid; nil for the default.
	Weights *Weights
	// MinScore leaves out hits with less.
	MinScore float64
	// PerDocument is how many hits one document has at most; 0 for any number.
	PerDocument int
	// Expand is how many chunks before and after a hit are returned with it.
	Expand int
	// WithoutReranker leaves the order as the rankings have it.
	WithoutReranker bool
	// Facets are names of metadata of which the values are counted, at most MaxFacets.
	Facets []string
}

// Hit is a chunk that was found, and the document that it is of.
type Hit struct {
	index.Hit
	Document document.Summary
	// Metadata are the document's, overlaid by the chunk's own, overlaid by the reserved.
	Metadata json.RawMessage
	Passage  Passage
	// Before and After are the texts of the chunks around it, as many as Expand said.
	Before, After []string
	// AlsoIn are chunks of the owner's that say nearly the same; they are no hits.
	AlsoIn []Alike
}

// Alike is a chunk that says nearly the same as a hit, and the name of its document's source.
type Alike struct {
	index.Hit
	Source string
}

// Found is what a search returns.
type Found struct {
	// Hits are the best first. Their Score is from 0 to 1: the weighted mean of how much of
	// the question's words a chunk has, the rare ones counting most, two thirds when it
	// has each of them once, and of how near the vectors are. Without a word in common
	// and nothing near there is none. Of those that a reranker has ordered it is the
	// reranker's.
	Hits []Hit
	// Facets are those that were asked for: of the documents of the best 1,000 chunks of each
	// ranking, the commonest values first.
	Facets map[string][]Facet
	// WordsOnly: the embedder did not answer in time, so chunks that say the same in
	// other words are missing. Warnings has a sentence about it.
	WordsOnly bool
	Warnings  []string
	Took      time.Duration
}

// Search returns the best hits among what the caller may know of. [ErrQuery] when the
// text is empty or over MaxQuery, or the limit not from 0 to MaxLimit;
// [index.ErrNotReady]. What looks at the index is shared between owners, who take turns;
// [ErrBusy]. When the embedder is unavailable for the time being, the answer
// is by words only and says so; its other errors are returned.
func (s *Service) Search(ctx context.Context, by auth.Scope, q Query) (*Found, error) {
	for look := 1; ; look++ {
		found, err := s.search(ctx, by, q)
		// The index's vectors are those of another model now: the question needs one by that.
		if !errors.Is(err, index.ErrModel) || look == looks {
			return found, err
		}
	}
}

func (s *Service) search(ctx context.Context, by auth.Scope, q Query) (*Found, error) {
	if err := check(q); err != nil {
		return nil, err
	}
	start := s.cfg.Now()
	q.Limit = cmp.Or(q.Limit, DefaultLimit)
	asked := parse(q.Text)
	if asked.text == "" {
		return nil, fmt.Errorf("%w: it only says what must not be there", ErrQuery)
	}
	if n := len(asked.phrases) + len(asked.excluded); n > maxMarked {
		return nil, fmt.Errorf("%w: it has %d phrases and exclusions, at most %d are allowed", ErrQuery, n, maxMarked)
	}
	scope := index.Scope{Owner: by.Owner, AllOwners: by.All, Filter: q.Filter, Phrases: asked.phrases, Without: asked.excluded}
	found := &Found{}
	var vector []float32
	var err error
	embedder := embed.Now(s.cfg.Embedder)
	if q.Mode != Words {
		vector, err = s.embed(ctx, embedder, asked.text)
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case q.Mode == Vectors && err != nil:
		return nil, err
	case errors.Is(err, embed.ErrTransient), errors.Is(err, context.DeadlineExceeded):
		s.log.Warn("search by words only", "err", err)
		vector, found.WordsOnly = nil, true
		found.Warnings = append(found.Warnings, wordsOnly(err))
	case err != nil:
		return nil, err
	}
	free, err := s.places.Take(ctx, by.Owner)
	if errors.Is(err, share.ErrFull) {
		err = ErrBusy
	}
	if err != nil {
		return nil, err
	}
	defer free()
	var ranked []index.Found
	ask := question{Query: q, text: asked.text, vector: vector, scope: scope, blend: s.blend(q, embedder, vector != nil)}
	ask.scope.Model = index.Model(embedder.Model())
	ask.warn = func(warning string) { found.Warnings = append(found.Warnings, warning) }
	found.Hits, ranked, err = s.find(ctx, ask)
	if err == nil {
		err = s.answer(ctx, asked.text, q.Expand, found.Hits)
	}
	if err == nil && len(q.Facets) > 0 {
		var warnings []string
		found.Facets, warnings, err = s.facets(ctx, q, ranked)
		found.Warnings = append(found.Warnings, warnings...)
	}
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
	found.Took = s.cfg.Now().Sub(start)
	return found, nil
}

// wordsOnly says why a search is by words only.
func wordsOnly(err error) string {
	if errors.Is(err, embed.ErrAbsent) {
		return "the model that embedded the documents cannot be asked any more: the results are by words only until morag reindex is done"
	}
	return "the embedder is unavailable: the results are by words only"
}

// blend is how the rankings of a query become one.
func (s *Service) blend(q Query, e embed.Embedder, vectors bool) blend {
	lexical := s.cfg.Lexical != nil && s.cfg.Lexical(e)
	b := blend{Weights: defaultWeights(lexical), lexical: lexical}
	switch {
	case q.Mode == Vectors:
		b.Weights = Weights{Vectors: 1}
	case q.Mode == Words, !vectors:
		b.Weights = Weights{Words: 1}
	case q.Weights != nil:
		b.Weights = *q.Weights
	}
	return b
}

// answer adds to hits what answers the question in them, and what stands around it.
func (s *Service) answer(ctx context.Context, text string, expand int, hits []Hit) error {
	m := newMarker(text, &s.stems)
	for i := range hits {
		h := &hits[i]
		h.Passage = m.passage(h.Hit)
		if h.Places == nil {
			h.Passage.Place = placeOf(h.Own)
		}
		if expand == 0 {
			continue
		}
		from := max(0, h.ChunkIndex-expand)
		around, err := s.cfg.Index.Chunks(ctx, h.Name, from, h.ChunkIndex+expand+1-from)
		if errors.Is(err, index.ErrNotFound) {
			continue // it was replaced just now
		}
		if err != nil {
			return err
		}
		for _, c := range around {
			switch {
			case c.Index < h.ChunkIndex:
				h.Before = append(h.Before, c.Content)
			case c.Index > h.ChunkIndex:
				h.After = append(h.After, c.Content)
			}
		}
	}
	return nil
}

func check(q Query) error {
	switch {
	case strings.TrimSpace(q.Text) == "":
		return fmt.Errorf("%w: it is empty; filters narrow what a query finds, and GET /api/v1/documents lists all documents", ErrQuery)
	case len(q.Text) > MaxQuery:
		return fmt.Errorf("%w: it has %d bytes, at most %d are allowed", ErrQuery, len(q.Text), MaxQuery)
	case q.Mode != "" && q.Mode != Hybrid && q.Mode != Words && q.Mode != Vectors:
		return fmt.Errorf("%w: mode must be hybrid, words or vectors", ErrQuery)
	case q.Limit < 0 || q.Limit > MaxLimit:
		return fmt.Errorf("%w: limit must be from 1 to %d", ErrQuery, MaxLimit)
	case !(q.MinScore >= 0 && q.MinScore <= 1):
		return fmt.Errorf("%w: min_score must be from 0 to 1", ErrQuery)
	case q.PerDocument < 0 || q.PerDocument > MaxLimit:
		return fmt.Errorf("%w: per_document must be from 0 to %d", ErrQuery, MaxLimit)
	case q.Expand < 0 || q.Expand > MaxExpand:
		return fmt.Errorf("%w: expand must be from 0 to %d", ErrQuery, MaxExpand)
	case len(q.Facets) > MaxFacets:
		return fmt.Errorf("%w: facets has %d names, at most %d are allowed", ErrQuery, len(q.Facets), MaxFacets)
	case slices.ContainsFunc(q.Facets, func(name string) bool { return name == "" || len(name) > maxFacetName }):
		return fmt.Errorf("%w: the names in facets must have 1 to %d bytes", ErrQuery, maxFacetName)
	case q.Weights != nil && !q.Weights.valid():
		return fmt.Errorf("%w: weights must be from 0 to 100, and one above 0", ErrQuery)
	}
	return nil
}

// embed makes the query's vector. A deadline that is exceeded is EmbedTimeout's, or ctx's.
func (s *Service) embed(ctx context.Context, e embed.Embedder, text string) ([]float32, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.EmbedTimeout)
	defer cancel()
	vectors, err := e.Embed(ctx, embed.Query, []string{text})
	if err != nil {
		return nil, fmt.Errorf("embed query: %w", err)
	}
	if len(vectors) != 1 {
		return nil, fmt.Errorf("embed query: %d vectors for one text", len(vectors))
	}
	return vectors[0], nil
}
