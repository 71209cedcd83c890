package embed_test

import (
	"context"
	"errors"
	"testing"

	"morag/internal/embed"
)

// broken is an embedder that fails.
type broken struct{ err error }

func (b broken) Model() embed.Model { return embed.Model{Name: "m", Dimension: 2} }

func (b broken) Embed(_ context.Context, _ embed.Purpose, texts []string) ([][]float32, error) {
	if b.err != nil {
		return nil, b.err
	}
	vectors := make([][]float32, len(texts))
	for i := range vectors {
		vectors[i] = []float32{1, 0}
	}
	return vectors, nil
}

func TestFormer(t *testing.T) {
	t.Parallel()
	final := errors.New("no such model")
	for name, tt := range map[string]struct {
		embedder embed.Embedder
		question error // what a question gets
		passage  error
		first    float32 // number of a passage's vector
	}{
		"there":           {broken{}, nil, nil, 1},
		"not there":       {nil, embed.ErrAbsent, nil, 0},
		"gone for good":   {broken{final}, embed.ErrAbsent, nil, 0},
		"gone for a time": {broken{embed.ErrTransient}, embed.ErrTransient, embed.ErrTransient, 0},
	} {
		f := &embed.Former{Of: embed.Model{Name: "m", Dimension: 2}, Embedder: tt.embedder}
		if _, err := f.Embed(t.Context(), embed.Query, []string{"a"}); !errors.Is(err, tt.question) || err != nil && !errors.Is(err, embed.ErrTransient) {
			t.Errorf("%s: a question: %v", name, err)
		}
		vectors, err := f.Embed(t.Context(), embed.Passage, []string{"a", "b"})
		if !errors.Is(err, tt.passage) {
			t.Errorf("%s: a passage: %v", name, err)
		}
		if err == nil && (len(vectors) != 2 || len(vectors[1]) != 2 || vectors[1][0] != tt.first) {
			t.Errorf("%s: %v", name, vectors)
		}
	}
}

func TestSelectedIsTheOneInUse(t *testing.T) {
	t.Parallel()
	used := embed.Embedder(broken{})
	s := embed.Selected(func() embed.Embedder { return used })
	if embed.Now(s) != used || embed.Now(used) != used || s.Model().Name != "m" {
		t.Error("another embedder")
	}
	used = broken{errors.New("other")}
	if _, err := s.Embed(t.Context(), embed.Query, nil); err == nil || embed.Now(s) != used {
		t.Error("the one that was in use before")
	}
}
