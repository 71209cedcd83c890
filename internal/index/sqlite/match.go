package sqlite

import (
	"context"
	"fmt"

	"morag/internal/index"
	"morag/internal/index/token"
	"morag/internal/index/word"
)

// Match implements [index.Index]. An n over 1000 is taken for 1000.
func (x *Index) Match(ctx context.Context, text string, n int, s index.Scope) ([]index.Hit, error) {
	hits, err := x.match(ctx, text, min(n, maxHits), s)
	if err != nil {
		return nil, fmt.Errorf("search by words: %w", err)
	}
	return hits, nil
}

func (x *Index) match(ctx context.Context, text string, n int, s index.Scope) ([]index.Hit, error) {
	if err := x.Ready(); err != nil {
		return nil, err
	}
	defer x.readers.enter()()
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
	return x.wanted(ctx, n, s, func(n int) ([]found, error) {
		q.N = n
		matches, err := snapshot.Search(ctx, q)
		all := make([]found, len(matches))
		for i, m := range matches {
			all[i] = found{m.ID, m.Score}
		}
		return all, err
	})
}

// wanted returns n hits of what search finds, without those that lack a phrase of the scope
// or have what must not be in them: more are looked for then, but at most 1000.
func (x *Index) wanted(ctx context.Context, n int, s index.Scope, search func(n int) ([]found, error)) ([]index.Hit, error) {
	require := newRequirement(s)
	for ask := n; ; ask = min(4*ask, maxHits) {
		if !require.empty() && ask == n {
			ask = min(2*n+32, maxHits)
		}
		matches, err := search(ask)
		if err != nil || len(matches) == 0 {
			return nil, err
		}
		all, err := x.hits(ctx, matches)
		if err != nil || require.empty() {
			return all, err
		}
		var hits []index.Hit
		for _, h := range all {
			if len(hits) < n && require.holds(h.Content) {
				hits = append(hits, h)
			}
		}
		if len(hits) == n || len(matches) < ask || ask == maxHits {
			return hits, nil
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
	for _, p := range r.phrases {
		if !p.In(content) {
			return false
		}
	}
	for _, p := range r.without {
		if p.In(content) {
			return false
		}
	}
	return true
}
