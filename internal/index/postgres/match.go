package postgres

import (
	"context"
	"slices"

	"morag/internal/index"
	"morag/internal/index/token"
	"morag/internal/index/word"
)

// Match implements [index.Index]. An n over 1000 is taken for 1000.
func (x *Index) Match(ctx context.Context, text string, n int, s index.Scope) ([]index.Found, error) {
	found, err := x.match(ctx, text, min(n, maxHits), s)
	if err != nil {
		return nil, fault("search by words", err)
	}
	return found, nil
}

func (x *Index) match(ctx context.Context, text string, n int, s index.Scope) (found []index.Found, err error) {
	defer x.readers.enter()()
	if err := x.current(ctx); err != nil {
		return nil, err
	}
	snapshot := x.words.Snapshot(s.Owner, s.AllOwners)
	q := word.Query{Text: text}
	for _, phrase := range s.Phrases {
		q.Phrases = append(q.Phrases, token.ParsePhrase(phrase))
	}
	if len(s.Filter) > 0 {
		pass, err := x.resolve(ctx, s)
		if err != nil {
			return nil, err
		}
		q.Pass = pass.chunk
	}
	if q.Related, err = x.related(ctx, snapshot, q); err != nil {
		return nil, err
	}
	return x.wanted(ctx, n, s, func(n int) ([]index.Found, error) {
		q.N = n
		matches, err := snapshot.Search(ctx, q)
		all := make([]index.Found, len(matches))
		for i, m := range matches {
			all[i] = index.Found{Chunk: m.ID, Version: m.Group, Score: m.Score}
		}
		return all, err
	})
}

// related are terms that go with the question, by the chunks that match it best.
func (x *Index) related(ctx context.Context, snapshot *word.Snapshot, q word.Query) ([]word.Related, error) {
	q.N = word.FeedbackChunks
	matches, err := snapshot.Search(ctx, q)
	if err != nil || len(matches) < q.N {
		return nil, err
	}
	best := make([]index.Found, len(matches))
	for i, m := range matches {
		best[i] = index.Found{Chunk: m.ID, Version: m.Group, Score: m.Score}
	}
	hits, err := x.read(ctx, best)
	if err != nil {
		return nil, err
	}
	samples := make([]word.Sample, len(hits))
	for i, h := range hits {
		samples[i] = word.Sample{Text: word.Text{Content: h.Content, Language: token.Detect(h.Content)}, Score: h.Score}
	}
	return snapshot.Related(q.Text, samples), nil
}

// wanted returns n of what search finds, without chunks that lack a phrase of the scope or
// have what must not be in them: these are read, and more are looked for, but at most 1000.
func (x *Index) wanted(ctx context.Context, n int, s index.Scope, search func(n int) ([]index.Found, error)) ([]index.Found, error) {
	require := newRequirement(s)
	if require.empty() {
		return search(n)
	}
	for ask := min(2*n+32, maxHits); ; ask = min(4*ask, maxHits) {
		all, err := search(ask)
		if err != nil || len(all) == 0 {
			return nil, err
		}
		hits, err := x.read(ctx, all)
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
		if len(left) == n || len(all) < ask || ask == maxHits {
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
