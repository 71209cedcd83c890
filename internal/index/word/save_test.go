package word

import (
	"fmt"
	"path/filepath"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"morag/internal/index/mapped"
)

func save(t *testing.T, s *Set) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "words")
	if err := s.Save(path, "test", func(int64) uint64 { return 1 }); err != nil {
		t.Fatal(err)
	}
	return path
}

// size is how many terms are remembered.
func (v *vocabulary) size() int { return len(v.terms) + len(v.base.all()) }

func (t *table) all() []entryOf {
	if t == nil {
		return nil
	}
	return t.terms
}

// TestWordsThatAreGoneAreForgotten: by saving, and not before.
func TestWordsThatAreGoneAreForgotten(t *testing.T) {
	t.Parallel()
	s := New()
	s.Loaded()
	defer s.Close()
	put(s, 1, 10, "heron engine")
	s.Switch([]Shown{{1, "ann"}}, nil)
	for g := range int64(50) {
		put(s, 100+g, 1000+g, fmt.Sprintf("heron word%dx", g))
		s.Switch([]Shown{{100 + g, "ann"}}, nil)
		s.Switch(nil, []int64{100 + g})
		s.Drop(100 + g)
	}
	s.settle()
	for range 3 { // the first may find some that are hidden but not yet merged away
		save(t, s)
	}
	if n := s.vocabulary.size(); n > 2+4*fanout {
		t.Errorf("%d terms are remembered", n)
	}
	if diff := gocmp.Diff([]int64{10}, ids(t, s, Query{Text: "heron"})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestAddChecksTheEpoch: what was prepared before words were forgotten is refused, since its
// words may be numbered otherwise now; prepared anew it is found.
func TestAddChecksTheEpoch(t *testing.T) {
	t.Parallel()
	s := New()
	s.Loaded()
	defer s.Close()
	texts := []Text{{Content: "heron"}}
	old := s.Prepare(texts)
	save(t, s) // nothing has the word yet
	s.Switch([]Shown{{1, "ann"}}, nil)
	if s.Add(old.Number(1, []int64{10})) {
		t.Fatal("words that were forgotten were added")
	}
	if s.Load(old.Number(1, []int64{10})) {
		t.Fatal("words that were forgotten were loaded")
	}
	if !s.Add(s.Prepare(texts).Number(1, []int64{10})) {
		t.Fatal("words were not added")
	}
	if diff := gocmp.Diff([]int64{10}, ids(t, s, Query{Text: "heron"})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWordsThatCameWhileSaving: a word that nothing had when the saving began, and that
// something has when it ends, is found.
func TestWordsThatCameWhileSaving(t *testing.T) {
	t.Parallel()
	s := New()
	s.Loaded()
	defer s.Close()
	put(s, 1, 10, "engine")
	s.Switch([]Shown{{1, "ann"}, {2, "ann"}}, nil)
	prepared := s.Prepare([]Text{{Content: "heron"}}).Number(2, []int64{20})
	path := filepath.Join(t.TempDir(), "words")
	err := s.Save(path, "test", func(group int64) uint64 {
		if group == 1 { // it has begun
			put(s, 3, 30, "tide")
			s.Switch([]Shown{{3, "ann"}}, nil)
			if !s.Add(prepared) {
				t.Error("words were not added")
			}
		}
		return 1
	})
	if err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]int64{"heron": 20, "engine": 10, "tide": 30} {
		if diff := gocmp.Diff([]int64{want}, ids(t, s, Query{Text: word})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", word, diff)
		}
	}
}

// TestRestoreTakesWhatIsTheSame: no groups that are hidden by now, and none that another
// has the number of.
func TestRestoreTakesWhatIsTheSame(t *testing.T) {
	t.Parallel()
	s := New()
	s.Loaded()
	defer s.Close()
	for g := range int64(3) {
		put(s, g+1, 10*(g+1), "heron")
		s.Switch([]Shown{{g + 1, "ann"}}, nil)
	}
	file, err := mapped.Open(save(t, s), "test")
	if err != nil {
		t.Fatal(err)
	}
	again := New()
	defer again.Close()
	again.Switch([]Shown{{1, "ann"}, {3, "ann"}}, nil)
	if err := again.Restore(file, func(group int64, key uint64) bool { return group != 3 && key == 1 }); err != nil {
		t.Fatal(err)
	}
	again.Loaded()
	if diff := gocmp.Diff([]int64{10}, ids(t, again, Query{Text: "heron"})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
