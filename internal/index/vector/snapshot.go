package vector

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// shards is how many parts a snapshot has. A change copies one of them, as a list of
// pointers, and goroutines that search together take one after the other.
const shards = 128

// alone is how many rows one goroutine searches without help: about 0.1 ms of work
// at 512 dimensions, ten times what it costs to start others.
const alone = 4096

// Snapshot is an unchanging set of vectors. It is safe for concurrent use.
type Snapshot struct {
	dimension int
	source    Source
	rows      int
	shards    [shards][]part
}

type part struct {
	group int64
	owner string
	*block
}

// Query says what is looked for.
type Query struct {
	Vector []float32
	N      int // how many matches at most
	// Group tells which groups are looked at, nil all. It is called concurrently.
	Group func(group int64, owner string) bool
	// Row tells which rows of those, nil all. It is called concurrently, and only for
	// rows that would be candidates otherwise.
	Row func(group, id int64) bool
}

// Match is a row that was found.
type Match struct {
	ID    int64
	Group int64
	Score float32 // the cosine
}

// Len is the number of vectors.
func (s *Snapshot) Len() int { return s.rows }

// Nearest returns the rows with the highest cosines, best first, the smaller ID first
// among equals; none when the query is the zero vector. Those that come close by their codes
// are read from the source, as a rule 150 more than are wanted at most. It uses up to a goroutine per
// processor. The error is the source's or the context's, or says that the query's dimension
// is wrong.
func (s *Snapshot) Nearest(ctx context.Context, q Query) ([]Match, error) {
	if len(q.Vector) != s.dimension {
		return nil, fmt.Errorf("query vector has dimension %d, the index %d", len(q.Vector), s.dimension)
	}
	search, ok := newSearch(q)
	if !ok || q.N <= 0 || s.rows == 0 {
		return nil, ctx.Err()
	}
	for look := candidates(q.N); ; look *= 4 {
		found, err := s.scan(ctx, search, look)
		if err != nil {
			return nil, err
		}
		best, certain, err := search.rescore(ctx, s.source, found)
		if err != nil || certain || len(found) < look || look >= maxCandidates {
			return best, err
		}
	}
}

// scan returns the n rows that are nearest by their codes.
func (s *Snapshot) scan(ctx context.Context, q *search, n int) ([]Match, error) {
	workers := 1
	if s.rows > alone {
		workers = min(runtime.GOMAXPROCS(0), shards)
	}
	var next atomic.Int64
	best := make([]top, workers)
	work := func(t *top) {
		t.n = n
		for i := next.Add(1) - 1; i < shards && ctx.Err() == nil; i = next.Add(1) - 1 {
			q.shard(t, s.shards[i])
		}
	}
	var wg sync.WaitGroup
	for i := range best[1:] {
		wg.Go(func() { work(&best[i+1]) })
	}
	work(&best[0])
	wg.Wait()
	runtime.KeepAlive(s) // and with it the files of its blocks
	for i := range best[1:] {
		for _, m := range best[i+1].matches {
			best[0].add(m)
		}
	}
	return best[0].matches, ctx.Err()
}

// search is a query made ready.
type search struct {
	Query
	unit []float32 // the query's vector, of length 1
	code code
}

func newSearch(q Query) (*search, bool) {
	s := &search{Query: q, unit: append([]float32(nil), q.Vector...)}
	if !normalize(s.unit) {
		return nil, false
	}
	s.code = newCode(s.unit)
	return s, true
}

func (s *search) shard(t *top, parts []part) {
	for i := range parts {
		p := &parts[i]
		if s.Group != nil && !s.Group(p.group, p.owner) {
			continue
		}
		s.scan(t, p)
	}
}
