package search

import (
	"context"
	"errors"
	"strings"
	"testing"

	"morag/internal/auth"
	"morag/internal/embed"
	"morag/internal/index"
)

// exchanged is an index whose vectors become those of another model at its first search, and
// the embedders of both.
type exchanged struct {
	*fake
	ever bool
}

func (e exchanged) Nearest(ctx context.Context, v []float32, n int, s index.Scope) ([]index.Found, error) {
	if s.Model != index.Model(e.model) || e.model.Name == "red" || e.ever {
		e.model.Name = "blue"
		return nil, index.ErrModel
	}
	return e.fake.Nearest(ctx, v, n, s)
}

// TestAQuestionIsEmbeddedByTheModelThatIsSearched: when that changes in between, the question
// is embedded anew, and not for ever.
func TestAQuestionIsEmbeddedByTheModelThatIsSearched(t *testing.T) {
	t.Parallel()
	for _, ever := range []bool{false, true} {
		f := &fake{model: embed.Model{Name: "red", Dimension: 2}, near: []index.Hit{hit("a1")}, gone: map[string]int{}}
		e := exchanged{f, ever}
		s := New(Config{Index: e, Documents: f, Embedder: f})
		found, err := s.Search(t.Context(), auth.Scope{}, Query{Text: "x"})
		if ever {
			if !errors.Is(err, index.ErrModel) {
				t.Errorf("got %v", err)
			}
			continue
		}
		if err != nil || len(found.Hits) != 1 {
			t.Errorf("found %v (%v)", found, err)
		}
		if n := strings.Count(strings.Join(f.asked, "\n"), "embed true"); n != 2 {
			t.Errorf("the question was embedded %d times", n)
		}
	}
}

// TestWithoutItsModelASearchIsByWords: and says why.
func TestWithoutItsModelASearchIsByWords(t *testing.T) {
	t.Parallel()
	f := &fake{worded: []index.Hit{hit("a1")}, embedError: embed.ErrAbsent}
	found, err := service(f).Search(t.Context(), auth.Scope{}, Query{Text: "x"})
	if err != nil || !found.WordsOnly || len(found.Warnings) != 1 || !strings.Contains(found.Warnings[0], "morag reindex") {
		t.Errorf("found %+v (%v)", found, err)
	}
}
