package search

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"morag/internal/auth"
	"morag/internal/index"
)

// backwards is a reranker that finds the last text the best, and may take its time or fail.
type backwards struct {
	takes time.Duration
	fails error
	asked []string
}

func (b *backwards) Rerank(ctx context.Context, question string, texts []string) ([]float64, error) {
	b.asked = append(b.asked, question+": "+strings.Join(texts, " "))
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(b.takes):
	}
	scores := make([]float64, len(texts))
	for i := range scores {
		scores[i] = float64(i+1) / float64(len(texts)+1)
	}
	return scores, b.fails
}

func TestReranker(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		reranker backwards
		query    Query
		want     []string
		warned   bool
		asked    bool
	}{
		"orders anew":      {backwards{}, Query{}, []string{"c0", "b0", "a0"}, false, true},
		"not wanted":       {backwards{}, Query{WithoutReranker: true}, []string{"a0", "b0", "c0"}, false, false},
		"late":             {backwards{takes: 2 * time.Second}, Query{}, []string{"a0", "b0", "c0"}, true, true},
		"just in time":     {backwards{takes: time.Second - 1}, Query{}, []string{"c0", "b0", "a0"}, false, true},
		"fails":            {backwards{fails: errors.New("down")}, Query{}, []string{"a0", "b0", "c0"}, true, true},
		"its scores count": {backwards{}, Query{MinScore: 0.6}, []string{"c0"}, false, true},
		"nothing found":    {backwards{}, Query{Mode: Words}, nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{near: hits("a0", "b0", "c0"), gone: map[string]int{}}
				s := New(Config{Index: f, Documents: f, Embedder: f, Reranker: &tt.reranker})
				tt.query.Text = `why -"not this"`
				start := time.Now()
				found, err := s.Search(t.Context(), auth.Scope{}, tt.query)
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(start); took > time.Second {
					t.Errorf("took %s", took)
				}
				if diff := gocmp.Diff(tt.want, contents(chunks(found.Hits))); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if (len(found.Warnings) == 1 && found.Warnings[0] == lateReranker) != tt.warned || len(found.Warnings) > 1 {
					t.Errorf("warnings %q", found.Warnings)
				}
				want := []string(nil)
				if tt.asked {
					want = []string{"why: a0 b0 c0"}
				}
				if diff := gocmp.Diff(want, tt.reranker.asked); diff != "" {
					t.Errorf("asked (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// What is not reranked stays behind what is.
func TestRerankerGetsTheBestOnly(t *testing.T) {
	t.Parallel()
	f := &fake{}
	for i := range 70 {
		f.near = append(f.near, index.Hit{Found: index.Found{Chunk: int64(i), Score: 1 - float64(i)/100}, Name: "v", ChunkIndex: i, Content: fmt.Sprint(i)})
	}
	b := &backwards{}
	f.gone = map[string]int{}
	found, err := New(Config{Index: f, Documents: f, Embedder: f, Reranker: b}).Search(t.Context(), auth.Scope{}, Query{Text: "x", Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	if got := contents(chunks(found.Hits)); len(got) != 50 || got[0] != "49" || got[49] != "0" {
		t.Errorf("got %v", got)
	}
	if n := len(strings.Fields(b.asked[0])) - 1; n != 50 {
		t.Errorf("asked of %d", n)
	}
	found, err = New(Config{Index: f, Documents: f, Embedder: f, Reranker: b}).Search(t.Context(), auth.Scope{}, Query{Text: "x", Limit: 60, PerDocument: 60})
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range found.Hits[1:] {
		if h.Score > found.Hits[i].Score {
			t.Errorf("hit %d has %g after %g", i+1, h.Score, found.Hits[i].Score)
		}
	}
}
