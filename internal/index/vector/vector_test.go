package vector

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"morag/internal/embed"
	"morag/internal/embed/hash"
)

// data is vectors to search in, by name: random ones are all about equally far from
// each other, clustered ones have neighbours closer to each other than codes can tell
// apart, spiky ones are coded worst, lattices have many equal scores, and hashed ones
// are what the default embedder makes.
var data = map[string]func(r *rand.Rand, dimension, n int) [][]float32{
	"random": func(r *rand.Rand, dimension, n int) [][]float32 {
		return generate(n, dimension, func(int) float32 { return float32(r.NormFloat64()) })
	},
	"clustered": func(r *rand.Rand, dimension, n int) [][]float32 {
		centres := generate(10, dimension, func(int) float32 { return float32(r.NormFloat64()) })
		vectors := make([][]float32, n)
		for i := range vectors {
			centre := centres[i%len(centres)]
			vectors[i] = generate(1, dimension, func(j int) float32 { return centre[j] + float32(r.NormFloat64())/100 })[0]
		}
		return vectors
	},
	"spiky": func(r *rand.Rand, dimension, n int) [][]float32 {
		return generate(n, dimension, func(int) float32 { return float32(math.Pow(r.NormFloat64(), 9)) })
	},
	"hashed": func(r *rand.Rand, dimension, n int) [][]float32 {
		zipf := rand.NewZipf(r, 1.2, 3, 5000)
		texts := make([]string, n)
		for i := range texts {
			for range 30 {
				texts[i] += fmt.Sprintf("%x ", zipf.Uint64()*2654435761)
			}
		}
		vectors, err := hash.New(dimension).Embed(context.Background(), embed.Passage, texts)
		if err != nil {
			panic(err)
		}
		return vectors
	},
	"lattice": func(r *rand.Rand, dimension, n int) [][]float32 {
		return generate(n, dimension, func(int) float32 { return float32(r.IntN(3) - 1) })
	},
}

func generate(n, dimension int, number func(i int) float32) [][]float32 {
	vectors := make([][]float32, n)
	for i := range vectors {
		vectors[i] = make([]float32, dimension)
		for j := range vectors[i] {
			vectors[i][j] = number(j)
		}
	}
	return vectors
}

// naive is the search by the definition: every cosine in float64, sorted.
func naive(vectors [][]float32, query []float32, n int) []Match {
	matches := make([]Match, len(vectors))
	for i, v := range vectors {
		var product, a, b float64
		for j := range v {
			product += float64(v[j]) * float64(query[j])
			a += float64(v[j]) * float64(v[j])
			b += float64(query[j]) * float64(query[j])
		}
		matches[i] = Match{ID: int64(i + 1), Score: float32(product / math.Sqrt(a) / math.Sqrt(b))}
	}
	slices.SortFunc(matches, better)
	return matches[:min(n, len(matches))]
}

// TestNearestIsExact: what is found is what the definition finds, up to rows whose
// cosines differ by less than float32 can tell.
func TestNearestIsExact(t *testing.T) {
	t.Parallel()
	for name, make := range data {
		for _, dimension := range []int{1, 3, 32, 100, 512} {
			t.Run(fmt.Sprint(name, dimension), func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(1, uint64(dimension)))
				vectors := make(r, dimension, 300)
				s := filled(dimension, 7, vectors)
				for _, query := range append(make(r, dimension, 4), vectors[:4]...) {
					got, err := s.Snapshot().Nearest(t.Context(), Query{Vector: query, N: 20})
					if err != nil {
						t.Fatal(err)
					}
					if direction := slices.ContainsFunc(query, func(x float32) bool { return x != 0 }); !direction {
						continue
					}
					checkExact(t, got, vectors, query)
				}
			})
		}
	}
}

func checkExact(t *testing.T, got []Match, vectors [][]float32, query []float32) {
	t.Helper()
	all := naive(vectors, query, len(vectors))
	scores := make(map[int64]float32, len(all))
	for _, m := range all {
		scores[m.ID] = m.Score
	}
	const tolerance = 1e-5
	if !slices.IsSortedFunc(got, better) {
		t.Error("not sorted")
	}
	for i, m := range got {
		if d := math.Abs(float64(m.Score - scores[m.ID])); d > tolerance {
			t.Errorf("score of row %d is off by %g", m.ID, d)
		}
		if d := all[i].Score - m.Score; d > tolerance {
			t.Errorf("place %d has %g, the true one %g", i, m.Score, all[i].Score)
		}
	}
}

// kept is a set and the vectors of all rows that were added to it.
type kept struct {
	*Set
	mu   sync.Mutex // guards rows
	rows map[int64][]float32
}

func keep(dimension int) *kept {
	k := &kept{rows: make(map[int64][]float32)}
	k.Set = New(dimension, func(_ context.Context, ids []int64, each func(int64, []float32)) error {
		k.mu.Lock()
		defer k.mu.Unlock()
		for _, id := range ids {
			each(id, k.rows[id])
		}
		return nil
	})
	return k
}

func (k *kept) Add(batches ...Batch) {
	k.mu.Lock()
	for _, b := range batches {
		for _, r := range b.Rows {
			k.rows[r.ID] = r.Vector
		}
	}
	k.mu.Unlock()
	k.Set.Add(batches...)
}

// filled shows the vectors, with IDs from 1, in groups of some rows each.
func filled(dimension, perGroup int, vectors [][]float32) *Set {
	s := New(dimension, func(_ context.Context, ids []int64, each func(int64, []float32)) error {
		for _, id := range ids {
			each(id, vectors[id-1])
		}
		return nil
	})
	var batches []Batch
	for i, v := range vectors {
		if i%perGroup == 0 {
			group := int64(i/perGroup + 1)
			batches = append(batches, Batch{Group: group})
			s.Switch([]Shown{{Group: group}}, nil)
		}
		last := &batches[len(batches)-1]
		last.Rows = append(last.Rows, Row{ID: int64(i + 1), Vector: v})
	}
	s.Add(batches...)
	s.Publish()
	return s
}

// TestCodesFindTheBest: of many vectors that lie close together, the best by the definition
// are found, those of equal scores aside.
func TestCodesFindTheBest(t *testing.T) {
	t.Parallel()
	for name, make := range data {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(2, 3))
			const dimension, n = 384, 10
			vectors := make(r, dimension, 4000)
			s := filled(dimension, 50, vectors)
			found, wanted := 0, 0
			for _, query := range append(make(r, dimension, 10), vectors[:10]...) {
				got, err := s.Snapshot().Nearest(t.Context(), Query{Vector: query, N: n})
				if err != nil {
					t.Fatal(err)
				}
				least := naive(vectors, query, n)[n-1].Score
				for _, m := range got {
					if m.Score >= least-1e-6 {
						found++
					}
				}
				wanted += n
			}
			if float64(found) < 0.99*float64(wanted) {
				t.Errorf("found %d of the best %d", found, wanted)
			}
		})
	}
}

// TestMultiplyIsRight also takes the largest numbers there can be.
func TestMultiplyIsRight(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 5))
	for _, width := range []int{32, 64, 96, 512, 8192} {
		most := min(math.MaxInt16, math.MaxInt32/(127*width))
		for rows := range 5 {
			codes, query := make([]int8, rows*width), make([]int16, width)
			for i := range codes {
				codes[i] = int8(r.IntN(255) - 127)
			}
			for i := range query {
				query[i] = int16(r.IntN(2*most+1) - most)
			}
			if rows == 4 {
				for i := range codes {
					codes[i], query[i%width] = -127, int16(most)
				}
			}
			want := make([]int32, rows)
			for i := range codes {
				want[i/width] += int32(codes[i]) * int32(query[i%width])
			}
			for name, multiply := range map[string]func([]int32, []int8, []int16){"the processor's": multiply, "plain": multiplyPlain} {
				got := make([]int32, rows)
				multiply(got, codes, query)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: %d rows of %d (-want +got):\n%s", name, rows, width, diff)
				}
			}
		}
	}
}

func TestQueryRestricts(t *testing.T) {
	t.Parallel()
	s := keep(2)
	s.Switch([]Shown{{1, "ann"}, {2, "bob"}}, nil)
	s.Add(
		Batch{1, []Row{{10, []float32{1, 0}}, {11, []float32{1, 1}}}},
		Batch{2, []Row{{20, []float32{2, 0}}, {21, []float32{0, 0}}}},
		Batch{3, []Row{{30, []float32{1, 0}}}})
	s.Publish()
	tests := []struct {
		name  string
		query Query
		want  []int64
	}{
		{"all that is shown", Query{Vector: []float32{3, 0}, N: 9}, []int64{10, 20, 11}},
		{"the best two", Query{Vector: []float32{3, 0}, N: 2}, []int64{10, 20}},
		{"none", Query{Vector: []float32{3, 0}, N: 0}, nil},
		{"one owner's", Query{Vector: []float32{1, 0}, N: 9, Group: func(_ int64, owner string) bool { return owner == "bob" }}, []int64{20}},
		{"one row", Query{Vector: []float32{1, 0}, N: 1, Row: func(group, id int64) bool { return group == 1 && id == 11 }}, []int64{11}},
		{"near a zero vector", Query{Vector: []float32{0, 0}, N: 9}, nil},
		{"near nothing finite", Query{Vector: []float32{float32(math.NaN()), 1}, N: 9}, nil},
	}
	for _, tt := range tests {
		got, err := s.Snapshot().Nearest(t.Context(), tt.query)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, ids(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if _, err := s.Snapshot().Nearest(t.Context(), Query{Vector: []float32{1}, N: 1}); err == nil {
		t.Error("a query of another dimension is not refused")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Snapshot().Nearest(ctx, Query{Vector: []float32{1, 0}, N: 1}); err == nil {
		t.Error("a cancelled search has an answer")
	}
}

func TestChangesOfGroups(t *testing.T) {
	t.Parallel()
	s := keep(2)
	all := func() []int64 {
		t.Helper()
		got, err := s.Snapshot().Nearest(t.Context(), Query{Vector: []float32{1, 0}, N: 100})
		if err != nil {
			t.Fatal(err)
		}
		found := ids(got)
		slices.Sort(found)
		if len(found) != s.Snapshot().Len() {
			t.Errorf("found %d of %d", len(found), s.Snapshot().Len())
		}
		return found
	}
	up, down := []float32{1, 0}, []float32{-1, 0}
	steps := []struct {
		name   string
		change func()
		want   []int64
	}{
		{"added before it is published", func() { s.Add(Batch{1, []Row{{10, up}, {11, up}}}); s.Switch([]Shown{{Group: 1}}, nil) }, nil},
		{"published", s.Publish, []int64{10, 11}},
		{"staged", func() { s.Add(Batch{2, []Row{{20, up}}}, Batch{2, []Row{{21, up}}}) }, []int64{10, 11}},
		{"switched", func() { s.Switch([]Shown{{Group: 2}}, []int64{1}) }, []int64{20, 21}},
		{"added to what is shown", func() { s.Add(Batch{2, []Row{{22, up}}}) }, []int64{20, 21, 22}},
		{"removed", func() { s.Remove(2, []int64{21, 99}) }, []int64{20, 22}},
		{"removed from nothing", func() { s.Remove(9, []int64{20}) }, []int64{20, 22}},
		{"switched back", func() { s.Switch([]Shown{{Group: 1}}, []int64{2}) }, []int64{10, 11}},
		{"replaced", func() { s.Add(Batch{1, []Row{{10, down}}}) }, []int64{10, 11}},
		{"dropped", func() { s.Drop(1, 9) }, nil},
		{"shown without rows", func() { s.Switch([]Shown{{Group: 1}}, []int64{9}) }, nil},
		{"the rows after it", func() { s.Add(Batch{1, []Row{{12, up}}}) }, []int64{12}},
		{"hidden", func() { s.Switch(nil, []int64{1}) }, nil},
	}
	for _, step := range steps {
		step.change()
		if diff := cmp.Diff(step.want, all(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}

func TestReplacedRowHasTheNewVector(t *testing.T) {
	t.Parallel()
	s := keep(2)
	s.Switch([]Shown{{Group: 1}}, nil)
	s.Publish()
	s.Add(Batch{1, []Row{{1, []float32{1, 0}}, {2, []float32{1, 0}}}})
	s.Add(Batch{1, []Row{{1, []float32{-1, 0}}}})
	got, err := s.Snapshot().Nearest(t.Context(), Query{Vector: []float32{1, 0}, N: 5})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Match{{ID: 2, Group: 1, Score: 1}, {ID: 1, Group: 1, Score: -1}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSnapshotNeverChanges: while groups are switched to and fro, every search sees
// exactly one of the two.
func TestSnapshotNeverChanges(t *testing.T) {
	t.Parallel()
	s := keep(2)
	rows := func(from int64) (rows []Row) {
		for i := range int64(50) {
			rows = append(rows, Row{from + i, []float32{1, 0}})
		}
		return rows
	}
	s.Add(Batch{1, rows(0)}, Batch{2, rows(100)})
	s.Switch([]Shown{{Group: 1}}, nil)
	s.Publish()
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(done)
		for i := range int64(500) {
			s.Switch([]Shown{{Group: 2 - i%2}}, []int64{1 + i%2})
			s.Add(Batch{3 + i, []Row{{1000 + i, []float32{0, 1}}}})
			s.Drop(3 + i)
		}
	})
	for range 2 {
		wg.Go(func() {
			for open := true; open; {
				select {
				case <-done:
					open = false
				default:
				}
				got, err := s.Snapshot().Nearest(context.Background(), Query{Vector: []float32{1, 0}, N: 200})
				if err != nil || len(got) != 50 || got[0].ID/100 != got[49].ID/100 {
					t.Errorf("saw %d rows, error %v", len(got), err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestSearchByManyGoroutinesIsTheSame(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 9))
	vectors := data["lattice"](r, 4, alone+1000) // many equal scores
	s := filled(4, 30, vectors)
	query := []float32{1, 2, 3, 4}
	first, err := s.Snapshot().Nearest(t.Context(), Query{Vector: query, N: 300})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		again, err := s.Snapshot().Nearest(t.Context(), Query{Vector: query, N: 300})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, again); diff != "" {
			t.Fatalf("another answer:\n%s", diff)
		}
	}
}

func ids(matches []Match) []int64 {
	var ids []int64
	for _, m := range matches {
		ids = append(ids, m.ID)
	}
	return ids
}
