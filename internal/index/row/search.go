package row

import (
	"context"
	"slices"

	"morag/internal/index"
	"morag/internal/index/token"
	"morag/internal/index/vector"
	"morag/internal/index/word"
)

// Search searches snapshots, and reads what it finds where that decides.
type Search struct {
	index.Scope
	// Read reads chunks, as [index.Index] says.
	Read func(context.Context, []index.Found) ([]index.Hit, error)
}

// Vectors returns the n nearest of a snapshot that are allowed: nil for all of the scope.
func (s Search) Vectors(ctx context.Context, snapshot *vector.Snapshot, v []float32, n int, allowed Allowed) ([]index.Found, error) {
	q := vector.Query{Vector: v}
	if !s.AllOwners {
		q.Group = func(_ int64, owner string) bool { return owner == s.Owner }
	}
	if allowed != nil {
		q.Group, q.Row = allowed.version, allowed.chunk
	}
	return s.wanted(ctx, n, func(n int) ([]index.Found, error) {
		q.N = n
		matches, err := snapshot.Nearest(ctx, q)
		all := make([]index.Found, len(matches))
		for i, m := range matches {
			all[i] = index.Found{Chunk: m.ID, Version: m.Group, Score: float64(m.Score)}
		}
		return all, err
	})
}

// Words returns the n best of a snapshot by the words of text that are allowed: nil for all.
func (s Search) Words(ctx context.Context, snapshot *word.Snapshot, text string, n int, allowed Allowed) ([]index.Found, error) {
	q := word.Query{Text: text}
	if allowed != nil {
		q.Pass = allowed.chunk
	}
	for _, phrase := range s.Phrases {
		q.Phrases = append(q.Phrases, token.ParsePhrase(phrase))
	}
	var err error
	if q.Related, err = s.related(ctx, snapshot, q); err != nil {
		return nil, err
	}
	return s.wanted(ctx, n, func(n int) ([]index.Found, error) {
		q.N = n
		matches, err := snapshot.Search(ctx, q)
		return foundOf(matches), err
	})
}

func foundOf(matches []word.Match) []index.Found {
	all := make([]index.Found, len(matches))
	for i, m := range matches {
		all[i] = index.Found{Chunk: m.ID, Version: m.Group, Score: m.Score}
	}
	return all
}

// related are terms that go with the question, by the chunks that match it best.
func (s Search) related(ctx context.Context, snapshot *word.Snapshot, q word.Query) ([]word.Related, error) {
	q.N = word.FeedbackChunks
	matches, err := snapshot.Search(ctx, q)
	if err != nil || len(matches) < q.N {
		return nil, err
	}
	hits, err := s.Read(ctx, foundOf(matches))
	if err != nil {
		return nil, err
	}
	samples := make([]word.Sample, len(hits))
	for i, h := range hits {
		samples[i] = word.Sample{Text: word.Text{Content: h.Content, Language: token.Detect(h.Content)}, Score: h.Score}
	}
	return snapshot.Related(q.Text, samples), nil
}

// Wanted returns n of what search finds, the nearest or best first, that have what the scope
// asks for in their texts.
func (s Search) Wanted(ctx context.Context, n int, search func(n int) ([]index.Found, error)) ([]index.Found, error) {
	return s.wanted(ctx, n, search)
}

// wanted returns n of what search finds, without chunks that lack a phrase of the scope or
// have what must not be in them: these are read, and more are looked for, but at most 1000.
func (s Search) wanted(ctx context.Context, n int, search func(n int) ([]index.Found, error)) ([]index.Found, error) {
	require := newRequirement(s.Scope)
	if require.empty() {
		return search(n)
	}
	for ask := min(2*n+32, MaxHits); ; ask = min(4*ask, MaxHits) {
		all, err := search(ask)
		if err != nil || len(all) == 0 {
			return nil, err
		}
		hits, err := s.Read(ctx, all)
		if err != nil {
			return nil, err
		}
		var left []index.Found
		for _, h := range hits {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if len(left) < n && require.holds(h.Content) {
				left = append(left, h.Found)
			}
		}
		if len(left) == n || len(all) < ask || ask == MaxHits {
			return left, nil
		}
	}
}

// requirement is what must stand in a chunk and what must not.
type requirement struct{ phrases, without []token.Phrase }

func newRequirement(s index.Scope) (r requirement) {
	for _, text := range s.Phrases {
		if p := token.ParsePhrase(text); len(p) > 0 {
			r.phrases = append(r.phrases, p)
		}
	}
	for _, text := range s.Without {
		if p := token.ParsePhrase(text); len(p) > 0 {
			r.without = append(r.without, p)
		}
	}
	return r
}

func (r requirement) empty() bool { return len(r.phrases)+len(r.without) == 0 }

func (r requirement) holds(content string) bool {
	words := token.ReadWords(content)
	in := func(p token.Phrase) bool { return p.In(words) }
	return !slices.ContainsFunc(r.without, in) &&
		!slices.ContainsFunc(r.phrases, func(p token.Phrase) bool { return !in(p) })
}
