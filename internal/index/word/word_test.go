package word

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"morag/internal/index/mapped"
	"morag/internal/index/token"
)

// plain is the same ranking by the definition: every chunk is scored by itself.
type plain struct {
	chunks map[int64]counted
	owner  map[int64]string
}

type counted struct {
	counts map[string]float64
	length float64
}

func count(text Text) counted {
	c := counted{counts: map[string]float64{}}
	c.length = float64(token.Terms(text.Language, text.Content, token.Stem, func(term string) { c.counts[term]++ }))
	token.Terms(text.Language, text.Header, token.Stem, func(term string) { c.counts[term] += headerWeight })
	return c
}

func (p *plain) search(q string, n int, owner string, all bool) []Match {
	chunks := map[int64]counted{}
	mean := 0.0
	for id, c := range p.chunks {
		if all || p.owner[id] == owner {
			chunks[id] = c
			mean += c.length
		}
	}
	mean /= float64(len(chunks))
	scores := map[int64]float64{}
	possible := 0.0
	for _, t := range token.Question(q, []token.Language{token.English}) {
		term := t.Forms[0]
		in := 0.0
		for _, c := range chunks {
			if c.counts[term] > 0 {
				in++
			}
		}
		rarity := t.Weight * math.Log(1+(float64(len(chunks))-in+0.5)/(in+0.5))
		possible += rarity
		for id, c := range chunks {
			if count := c.counts[term]; count > 0 {
				scores[id] += rarity * (k1 + 1) * count / (count + k1*(1-b+b*c.length/mean))
			}
		}
	}
	var found []Match
	for id, score := range scores {
		found = append(found, Match{ID: id, Score: score / possible})
	}
	slices.SortFunc(found, better)
	return found[:min(n, len(found))]
}

// same compares scores as float32 tells them apart, and chunks only where they are.
func same(t *testing.T, what string, want, got []Match) {
	t.Helper()
	if len(want) != len(got) {
		t.Errorf("%s: %d found, want %d", what, len(got), len(want))
		return
	}
	scores := map[int64]float64{}
	for _, m := range want {
		scores[m.ID] = m.Score
	}
	for i, m := range got {
		if math.Abs(m.Score-want[i].Score) > 1e-4 {
			t.Errorf("%s: place %d has %v, want %v", what, i, m, want[i])
			return
		}
		if score, ok := scores[m.ID]; ok && math.Abs(score-m.Score) > 1e-4 {
			t.Errorf("%s: chunk %d has %g, want %g", what, m.ID, m.Score, score)
		}
	}
}

// prose is n words that are as unevenly common as those of a language.
func prose(r *rand.Rand, n int) string {
	zipf := rand.NewZipf(r, 1.1, 2, 2000)
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf("w%xz", zipf.Uint64())
	}
	return strings.Join(words, " ")
}

// TestSearchIsExact compares with the definition while groups of two owners come, are
// replaced and go, and segments are merged: more chunks than a window has.
func TestSearchIsExact(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	s := New()
	s.Loaded()
	p := &plain{chunks: map[int64]counted{}, owner: map[int64]string{}}
	chunk, group := int64(0), int64(0)
	groups := map[int64][]int64{}
	owners := []string{"ann", "bob"}
	put := func(n int) {
		group++
		owner := owners[group%2]
		texts, ids := make([]Text, n), make([]int64, n)
		for i := range texts {
			chunk++
			texts[i] = Text{Content: prose(r, 5+r.IntN(60)), Header: prose(r, 2)}
			ids[i] = chunk
			p.chunks[chunk], p.owner[chunk] = count(texts[i]), owner
		}
		groups[group] = ids
		s.Add(s.Prepare(texts).Number(group, ids))
		s.Switch([]Shown{{group, owner}}, nil)
	}
	remove := func(g int64) {
		for _, id := range groups[g] {
			delete(p.chunks, id)
		}
		delete(groups, g)
		s.Switch(nil, []int64{g})
		s.Drop(g)
	}
	for range 60 {
		put(1 + r.IntN(400))
	}
	// What is hidden counts until it is merged away; the definition knows of none.
	s.settle()
	check := func(questions int) {
		t.Helper()
		for i := range questions {
			q := prose(r, 1+3*i)
			for _, owner := range owners {
				got, err := s.Snapshot(owner, false).Search(t.Context(), Query{Text: q, N: 20})
				if err != nil {
					t.Fatal(err)
				}
				same(t, owner+": "+q, p.search(q, 20, owner, false), got)
			}
			got, err := s.Snapshot("", true).Search(t.Context(), Query{Text: q, N: 50})
			if err != nil {
				t.Fatal(err)
			}
			same(t, "all: "+q, p.search(q, 50, "", true), got)
		}
	}
	check(5)
	save := func() *mapped.File {
		t.Helper()
		path := filepath.Join(t.TempDir(), "words")
		if err := s.Save(path, "test", func(group int64) uint64 { return uint64(group) }); err != nil {
			t.Fatal(err)
		}
		file, err := mapped.Open(path, "test")
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	save() // and go on with the file
	check(3)
	if n := len(s.Snapshot("ann", false).parts); n > 4*fanout {
		t.Errorf("%d segments", n)
	}
	for g := range int64(20) {
		remove(g + 1)
	}
	for _, owner := range owners {
		s.compact(owner)
	}
	check(5)
	for range 5 {
		put(1 + r.IntN(400))
	}
	s.settle()
	file := save()
	s.Close()

	s = New()
	for g := range groups {
		s.Switch([]Shown{{g, owners[g%2]}}, nil)
	}
	if err := s.Restore(file, func(group int64, key uint64) bool { return key == uint64(group) }); err != nil {
		t.Fatal(err)
	}
	s.Loaded()
	s.settle()
	for _, owner := range owners {
		s.compact(owner)
	}
	put(50)
	check(3)
	s.Close()
}

// settle waits until nothing is merged.
func (s *Set) settle() { s.merges.Wait() }

// compact makes one segment of an owner's, so that nothing hidden counts.
func (s *Set) compact(owner string) {
	s.settle()
	s.mu.Lock()
	defer s.mu.Unlock()
	chosen := s.shelves[owner].parts
	merged, places := merge(chosen)
	s.exchange(owner, chosen, merged, places)
}

func ids(t *testing.T, s *Set, q Query) []int64 {
	t.Helper()
	if q.N == 0 {
		q.N = 100
	}
	found, err := s.Snapshot("ann", false).Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var all []int64
	for _, m := range found {
		all = append(all, m.ID)
	}
	slices.Sort(all)
	return all
}

func put(s *Set, group int64, first int64, texts ...string) {
	all, numbers := make([]Text, len(texts)), make([]int64, len(texts))
	for i, text := range texts {
		all[i], numbers[i] = Text{Content: text}, first+int64(i)
	}
	s.Add(s.Prepare(all).Number(group, numbers))
}

func TestChangesOfGroups(t *testing.T) {
	t.Parallel()
	s := New()
	s.Loaded()
	defer s.Close()
	equal := func(what string, want ...int64) {
		t.Helper()
		if diff := gocmp.Diff(want, ids(t, s, Query{Text: "heron"})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	put(s, 1, 10, "heron", "heron too", "engine")
	equal("staged")
	put(s, 1, 12, "heron again")
	put(s, 1, 10, "engine")
	s.Remove(1, []int64{11})
	s.Switch([]Shown{{1, "ann"}}, nil)
	equal("one replaced, one added anew, one removed", 12)
	put(s, 2, 20, "heron")
	s.Switch([]Shown{{2, "ann"}}, []int64{1})
	equal("switched", 20)
	s.Switch([]Shown{{2, "ann"}}, nil)
	equal("shown twice", 20)
	s.Drop(2)
	equal("dropped")
	s.Drop(7)
	s.Remove(7, []int64{1})
	s.Switch(nil, []int64{7})
	equal("what is not there")
}

// TestLoadKnowsWhatIsNewer: chunks that are loaded do not come back after they went, nor
// over those that replaced them.
func TestLoadKnowsWhatIsNewer(t *testing.T) {
	t.Parallel()
	s := New()
	defer s.Close()
	load := func(group int64, first int64, texts ...string) {
		all, numbers := make([]Text, len(texts)), make([]int64, len(texts))
		for i, text := range texts {
			all[i], numbers[i] = Text{Content: text}, first+int64(i)
		}
		s.Load(s.Prepare(all).Number(group, numbers))
	}
	s.Switch([]Shown{{1, "ann"}, {2, "ann"}}, nil)
	put(s, 3, 30, "engine")
	s.Remove(3, []int64{31})
	s.Switch(nil, []int64{2})
	s.Drop(2)
	load(1, 10, "heron")
	load(2, 20, "heron")
	load(3, 30, "heron", "heron", "heron")
	s.Switch([]Shown{{3, "ann"}}, nil)
	s.Loaded()
	if diff := gocmp.Diff([]int64{10, 32}, ids(t, s, Query{Text: "heron"})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOwnersAreCountedApart: what one owner has changes nothing for another.
func TestOwnersAreCountedApart(t *testing.T) {
	t.Parallel()
	s := New()
	s.Loaded()
	defer s.Close()
	put(s, 1, 10, "heron and engine", "heron")
	s.Switch([]Shown{{1, "ann"}}, nil)
	scores := func() []Match {
		found, err := s.Snapshot("ann", false).Search(t.Context(), Query{Text: "heron engine", N: 10})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	before := scores()
	for g := range int64(100) {
		put(s, 100+g, 1000+g, "engine engine engine and a long text of many words that are not those")
		s.Switch([]Shown{{100 + g, "bob"}}, nil)
	}
	if diff := gocmp.Diff(before, scores()); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

func TestScoreIsOneForEveryWordOnce(t *testing.T) {
	t.Parallel()
	s := New()
	s.Loaded()
	defer s.Close()
	put(s, 1, 10, "heron lake pier", "heron tree road", "stone field house")
	s.Switch([]Shown{{1, "ann"}}, nil)
	for text, want := range map[string]float64{"heron lake": 1, "lake": 1, "lake nothere": 0.35} {
		found, err := s.Snapshot("ann", false).Search(t.Context(), Query{Text: text, N: 1})
		if err != nil || len(found) != 1 || found[0].ID != 10 || math.Abs(found[0].Score-want) > 0.15 {
			t.Errorf("%q: %v, %v, want about %g", text, found, err, want)
		}
	}
	if found := ids(t, s, Query{Text: "zzzzqqqq nothing"}); found != nil {
		t.Errorf("found %v", found)
	}
}

func TestPhrasesAndPass(t *testing.T) {
	t.Parallel()
	s := New()
	s.Loaded()
	defer s.Close()
	put(s, 1, 10, "night heron", "heron", "night", "the night of herons")
	s.Switch([]Shown{{1, "ann"}}, nil)
	for _, tt := range []struct {
		what string
		q    Query
		want []int64
	}{
		{"both words of the phrase", Query{Text: "night heron", Phrases: []token.Phrase{token.ParsePhrase("night heron")}}, []int64{10, 13}},
		{"a phrase that is nowhere", Query{Text: "night", Phrases: []token.Phrase{token.ParsePhrase("night nothere")}}, nil},
		{"what does not pass", Query{Text: "heron", Pass: func(group, id int64) bool { return group == 1 && id == 11 }}, []int64{11}},
	} {
		if diff := gocmp.Diff(tt.want, ids(t, s, tt.q)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.what, diff)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Snapshot("ann", false).Search(ctx, Query{Text: "heron", N: 1}); err == nil {
		t.Error("a cancelled search ends well")
	}
	if found := ids(t, s, Query{Text: "heron", N: -1}); found != nil {
		t.Errorf("none wanted: %v", found)
	}
}

// TestManyAtOnce changes and searches together: what a search sees is whole.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s := New()
	s.Loaded()
	put(s, 1, 1, "heron")
	s.Switch([]Shown{{1, "ann"}}, nil)
	var all sync.WaitGroup
	for w := range int64(4) {
		all.Go(func() {
			for i := range int64(100) {
				g := 1000*(w+1) + i
				put(s, g, 10*g, "engine", "engine "+prose(rand.New(rand.NewPCG(uint64(g), 1)), 20))
				s.Switch([]Shown{{g, "ann"}}, nil)
				if i%2 == 0 {
					s.Switch(nil, []int64{g})
					s.Drop(g)
				}
			}
		})
		all.Go(func() {
			for range 100 {
				found, err := s.Snapshot("ann", false).Search(t.Context(), Query{Text: "engine", N: 1000})
				if err != nil || len(found)%2 != 0 {
					t.Errorf("%d found, %v", len(found), err)
					return
				}
			}
		})
	}
	all.Wait()
	if found := ids(t, s, Query{Text: "engine", N: 1000}); len(found) != 400 {
		t.Errorf("%d found", len(found))
	}
	s.settle()
	if n := len(s.Snapshot("ann", false).parts); n > 4*fanout {
		t.Errorf("%d segments", n)
	}
	s.Close()
}

func TestCursor(t *testing.T) {
	t.Parallel()
	var chunks []chunk
	var has []uint32
	for i := range uint32(1000) {
		c := chunk{id: int64(i), length: 1}
		if i%3 == 0 {
			c.entries = []entry{{7, 1 + i%200}}
			has = append(has, i)
		}
		chunks = append(chunks, c)
	}
	s := newSegment(1, chunks)
	l, ok := s.list(7)
	if !ok || int(l.chunks) != len(has) || l.most != 200 {
		t.Fatalf("%+v", l)
	}
	var got []uint32
	for c := s.cursor(l); c.chunk() != end; c.next() {
		if c.counts[c.at] != 1+c.chunk()%200 {
			t.Errorf("chunk %d has it %d times", c.chunk(), c.counts[c.at])
		}
		got = append(got, c.chunk())
	}
	if !slices.Equal(got, has) {
		t.Errorf("got %v", got)
	}
	for step := uint32(1); step < 1100; step = step*3/2 + 1 {
		c := s.cursor(l)
		for to := uint32(0); to < 1100; to += step {
			want := end
			if i, _ := slices.BinarySearchFunc(has, to, cmp.Compare[uint32]); i < len(has) {
				want = has[i]
			}
			if c.seek(to); c.chunk() != want {
				t.Fatalf("step %d: from %d on %d, want %d", step, to, c.chunk(), want)
			}
		}
	}
}
