package word

import (
	"cmp"
	"context"
	"math/bits"
	"runtime"
	"slices"

	"morag/internal/index/token"
)

// The parameters of BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework:
// BM25 and Beyond", 2009): how soon a word that is said again counts no more, and how much
// longer chunks are held back. Chosen by morag eval.
const (
	k1 = 1.6
	b  = 0.7
)

// Query says what is looked for.
type Query struct {
	Text string // a person's words
	N    int    // how many matches at most
	// Phrases must all be in a chunk. That their words are is checked here, how they stand
	// is the caller's to check.
	Phrases []token.Phrase
	// Related are terms that count besides; a chunk that has none of the words is not found by
	// them.
	Related []Related
	// Pass tells which chunks are looked at, nil all. It is called only for those that
	// would be returned otherwise.
	Pass func(group, id int64) bool
}

// Match is a chunk that was found.
type Match struct {
	ID    int64
	Group int64
	// Score is the BM25 in that of a chunk of mean length that has every word of the
	// question once, and what the related terms add. It is above 0, and seldom above 2.
	Score float64
}

// Snapshot is what searches see of an owner's chunks, or of everybody's, at one moment. It
// does not change.
type Snapshot struct {
	vocabulary *vocabulary
	shelf
}

// Snapshot is what is seen now of the owner's chunks, of everybody's when all is true.
func (s *Set) Snapshot(owner string, all bool) *Snapshot {
	s.mu.RLock()
	defer s.mu.RUnlock()
	seen := &Snapshot{vocabulary: &s.vocabulary}
	if all {
		for _, one := range s.shelves {
			seen.parts = append(seen.parts, one.parts...)
		}
	} else if one := s.shelves[owner]; one != nil {
		seen.parts = slices.Clone(one.parts)
	}
	// The largest first: what is found there spares looking at much of the others.
	slices.SortStableFunc(seen.parts, func(a, b part) int { return cmp.Compare(len(b.chunks), len(a.chunks)) })
	seen.count()
	return seen
}

// Search returns the chunks that best match the words of the query, best first, the
// smaller ID first among equals. The error is the context's.
func (s *Snapshot) Search(ctx context.Context, q Query) ([]Match, error) {
	r := s.ranking(q)
	if q.N <= 0 || len(r.terms) == 0 {
		return nil, ctx.Err()
	}
	for _, p := range s.parts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r.part(p)
	}
	for i := range r.best {
		r.best[i].Score /= r.possible
	}
	runtime.KeepAlive(s) // and with it the files of its segments
	return r.best, ctx.Err()
}

// ranking is a query made ready, and the best so far.
type ranking struct {
	Query
	terms    []weighted
	required [][]uint32 // of each word of the phrases the terms, one of which must be there
	possible float64
	same     float32 // the part of a chunk's length that counts for every chunk
	perWord  float32 // and for each of its words
	best     []Match
	sums     [window]float32
}

// weighted is a term and what it counts in a chunk that is full of it.
type weighted struct {
	forms  []uint32
	weight float32
}

func (s *Snapshot) ranking(q Query) *ranking {
	r := &ranking{Query: q, same: k1 * (1 - b), perWord: float32(k1 * b / max(1, s.mean))}
	for _, phrase := range q.Phrases {
		for _, t := range phrase.Terms(spoken(s.languages)) {
			r.required = append(r.required, s.forms(t))
		}
	}
	var words []uint32
	for _, t := range s.asked(q.Text) {
		r.possible += t.rarity
		words = append(words, t.forms...)
		r.add(t.forms, t.rarity)
	}
	if len(q.Related) > 0 {
		r.required = append(r.required, words)
	}
	all := 0.0
	for _, t := range q.Related {
		all += t.weight * s.rarity([]uint32{t.term})
	}
	for _, t := range q.Related {
		r.add([]uint32{t.term}, feedbackShare*r.possible/all*t.weight*s.rarity([]uint32{t.term}))
	}
	return r
}

// add adds a term that is in some chunk.
func (r *ranking) add(forms []uint32, weight float64) {
	if len(forms) > 0 {
		r.terms = append(r.terms, weighted{forms, float32(weight * (k1 + 1))})
	}
}

// asked is a term of a question.
type asked struct {
	forms  []uint32
	rarity float64
}

func (s *Snapshot) asked(question string) (terms []asked) {
	for _, t := range token.Question(question, spoken(s.languages)) {
		forms := s.forms(t)
		terms = append(terms, asked{forms, t.Weight * s.rarity(forms)})
	}
	return terms
}

func (s *Snapshot) forms(t token.Term) (numbers []uint32) {
	for _, f := range t.Forms {
		if n, ok := s.vocabulary.look(f); ok {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// window is how many chunks are scored together.
const window = 4096

// scorer is a list of a part that is being scored.
type scorer struct {
	*cursor
	weight float32
	bound  float32 // no chunk of the part gets more by it
}

// part looks for better ones in a part by MaxScore (Turtle and Flood, "Query Evaluation:
// Strategies and Optimizations", 1995), in windows: lists that together cannot bring a
// chunk among the best are not gone through, but looked at for the chunks that the others
// have. The answer is the same as without.
func (r *ranking) part(p part) {
	lists, required := r.lists(p)
	if len(required) < len(r.required) || len(lists) == 0 {
		return
	}
	var touched [window / 64]uint64
	for from := uint32(0); from < uint32(len(p.chunks)); from += window {
		to := min(from+window, uint32(len(p.chunks)))
		first, spared := r.spare(lists)
		for i := range lists[first:] {
			l := &lists[first+i]
			if l.seek(from); l.chunk() >= to {
				continue
			}
			r.sum(l, p, from, to, &touched)
		}
		for i, word := range touched {
			for ; word != 0; word &= word - 1 {
				at := uint32(i*64 + bits.TrailingZeros64(word))
				sum := r.sums[at]
				r.sums[at] = 0
				if sum+spared >= r.least() && !p.isHidden(from+at) {
					r.finish(p, from+at, sum, lists[:first], required)
				}
			}
			touched[i] = 0
		}
	}
}

// lists are those of the terms in a part, those that bring least first, and of the words
// that are required those that are there.
func (r *ranking) lists(p part) (lists []scorer, required [][]*cursor) {
	for _, t := range r.terms {
		for _, f := range t.forms {
			if l, ok := p.list(f); ok {
				bound := t.weight * r.share(l.most, l.shortest)
				lists = append(lists, scorer{p.cursor(l), t.weight, bound})
			}
		}
	}
	slices.SortStableFunc(lists, func(a, b scorer) int { return cmp.Compare(a.bound, b.bound) })
	for _, forms := range r.required {
		var any []*cursor
		for _, f := range forms {
			if l, ok := p.list(f); ok {
				any = append(any, p.cursor(l))
			}
		}
		if len(any) > 0 {
			required = append(required, any)
		}
	}
	return lists, required
}

// share is the part of its weight that a term counts in a chunk.
func (r *ranking) share(count, length uint32) float32 {
	n := float32(count)
	return n / (n + r.same + r.perWord*float32(length))
}

// spare tells how many lists, from the first on, bring a chunk nowhere without the others,
// and how much they can add.
func (r *ranking) spare(lists []scorer) (first int, spared float32) {
	least := r.least()
	for first < len(lists)-1 && (spared+lists[first].bound)*(1+rounding) < least {
		spared += lists[first].bound
		first++
	}
	return first, spared * (1 + rounding)
}

// rounding is more than what sums of a hundred numbers are off.
const rounding = 1e-5

// sum adds what a list brings to the chunks of the window.
func (r *ranking) sum(l *scorer, p part, from, to uint32, touched *[window / 64]uint64) {
	for {
		for ; l.at < l.n; l.at++ {
			c := l.cursor.chunks[l.at]
			if c >= to {
				return
			}
			r.sums[c-from] += l.weight * r.share(l.counts[l.at], p.chunks[c].length)
			touched[(c-from)/64] |= 1 << ((c - from) % 64)
		}
		l.cursor.block++
		if l.read(); l.n == 0 {
			return
		}
	}
}

// finish adds what the spared lists bring to a chunk, and takes it when it is among the
// best.
func (r *ranking) finish(p part, c uint32, sum float32, spared []scorer, required [][]*cursor) {
	left := float32(0)
	for i := range spared {
		left += spared[i].bound
	}
	for i := range slices.Backward(spared) {
		l := &spared[i]
		if sum+left*(1+rounding) < r.least() {
			return
		}
		left -= l.bound
		if l.seek(c); l.chunk() == c {
			sum += l.weight * r.share(l.counts[l.at], p.chunks[c].length)
		}
	}
	m := Match{ID: p.chunks[c].id, Group: p.groups[p.chunks[c].group].group, Score: float64(sum)}
	if sum <= 0 || !r.takes(m) || !has(required, c) || r.Pass != nil && !r.Pass(m.Group, m.ID) {
		return
	}
	if len(r.best) == r.N {
		r.best = r.best[:r.N-1]
	}
	at, _ := slices.BinarySearchFunc(r.best, m, better)
	r.best = slices.Insert(r.best, at, m)
}

func has(required [][]*cursor, chunk uint32) bool {
	for _, forms := range required {
		if !slices.ContainsFunc(forms, func(c *cursor) bool {
			c.seek(chunk)
			return c.chunk() == chunk
		}) {
			return false
		}
	}
	return true
}

// least is the score below which nothing is taken.
func (r *ranking) least() float32 {
	if len(r.best) < r.N {
		return 0
	}
	return float32(r.best[len(r.best)-1].Score)
}

func (r *ranking) takes(m Match) bool {
	return len(r.best) < r.N || better(m, r.best[len(r.best)-1]) < 0
}

// better orders by score, then by age.
func better(a, b Match) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID)) }
