package word

import (
	"fmt"
	"slices"
	"testing"
)

// herons are chunks about herons and reeds, a little longer one after the other, two that
// have the word heron alone, one of reeds alone, and many others.
func herons(t *testing.T) (*Set, []Sample) {
	t.Helper()
	s := New()
	s.Loaded()
	t.Cleanup(s.Close)
	var texts []string
	var samples []Sample
	for i := range FeedbackChunks {
		text := fmt.Sprintf("a heron and another heron stand in the reeds %d", i)
		texts = append(texts, text)
		samples = append(samples, Sample{Text{Content: text}, 1})
	}
	texts = append(texts, "a heron upon some wide empty road", "a heron between some wide old reeds", "reeds and reeds upon a wide and empty road")
	for i := range 100 {
		texts = append(texts, fmt.Sprint("another note of nothing ", i))
	}
	put(s, 1, 0, texts...)
	s.Switch([]Shown{{1, "ann"}}, nil)
	return s, samples
}

func found(t *testing.T, s *Snapshot, q Query) (ids []int64) {
	t.Helper()
	matches, err := s.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range matches {
		ids = append(ids, m.ID)
	}
	return ids
}

func TestRelatedTermsCountAndFindNothing(t *testing.T) {
	t.Parallel()
	set, samples := herons(t)
	s := set.Snapshot("ann", false)
	q := Query{Text: "heron", N: 50}
	plain := found(t, s, q)
	q.Related = s.Related("heron", samples)
	related := found(t, s, q)
	if len(plain) != FeedbackChunks+2 || slices.Index(plain, FeedbackChunks) > slices.Index(plain, FeedbackChunks+1) {
		t.Fatalf("without them: %v", plain)
	}
	if slices.Index(related, FeedbackChunks) < slices.Index(related, FeedbackChunks+1) {
		t.Errorf("the one with reeds is not before the one without: %v", related)
	}
	slices.Sort(plain)
	if slices.Sort(related); !slices.Equal(plain, related) {
		t.Errorf("found %v, without them %v", related, plain)
	}
}

func TestNothingIsLearnedOfFew(t *testing.T) {
	t.Parallel()
	set, samples := herons(t)
	s := set.Snapshot("ann", false)
	if related := s.Related("heron", samples[1:]); related != nil {
		t.Errorf("%v of %d", related, len(samples)-1)
	}
	if related := s.Related("heron", samples); len(related) == 0 || len(related) > feedbackTerms {
		t.Errorf("%d terms", len(related))
	}
}

// A chunk far ahead of the others says what goes with the question.
func TestTheBestCountMost(t *testing.T) {
	t.Parallel()
	set, samples := herons(t)
	s := set.Snapshot("ann", false)
	samples[0] = Sample{Text{Content: "heron road"}, 1}
	for i := range samples[1:] {
		samples[i+1].Score = 0.3
	}
	best := s.Related("heron", samples)[0].term
	if road, _ := s.vocabulary.look("road"); best != road {
		t.Errorf("the first term is %d, want that of road, %d", best, road)
	}
}

func TestRelatedTermsOfAWordThatIsNowhere(t *testing.T) {
	t.Parallel()
	set, samples := herons(t)
	s := set.Snapshot("ann", false)
	q := Query{Text: "zebra", N: 50, Related: s.Related("heron", samples)}
	if ids := found(t, s, q); ids != nil {
		t.Errorf("a word that is nowhere finds %v", ids)
	}
}
