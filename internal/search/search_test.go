package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"morag/internal/auth"
	"morag/internal/document"
	"morag/internal/embed"
	"morag/internal/index"
)

// fake is an index that returns fixed rankings, and an embedder.
type fake struct {
	near, worded []index.Hit
	swept        map[string]bool // versions that cannot be read any more
	fields       []map[string]any
	gone         map[string]int             // how often a version is not in place
	documents    map[string]json.RawMessage // metadata by version
	model        embed.Model
	embedError   error
	embedTakes   time.Duration
	mu           sync.Mutex
	asked        []string // mu guards it
}

func (f *fake) note(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, fmt.Sprintf(format, args...))
}

func (f *fake) Nearest(_ context.Context, v []float32, n int, s index.Scope) ([]index.Found, error) {
	f.note("nearest %v %d %s", v, n, s.Owner)
	return founds(f.near), nil
}

func (f *fake) Match(_ context.Context, text string, n int, s index.Scope) ([]index.Found, error) {
	f.note("match %s %d %s", text, n, s.Owner)
	return founds(f.worded), nil
}

func (f *fake) Read(_ context.Context, found []index.Found) (hits []index.Hit, err error) {
	f.note("read %d", len(found))
	for _, one := range found {
		for _, h := range append(slices.Clone(f.near), f.worded...) {
			if h.Chunk == one.Chunk && !f.swept[h.Name] {
				h.Found = one
				hits = append(hits, h)
				break
			}
		}
	}
	return hits, nil
}

func (f *fake) Fields(_ context.Context, versions []int64, keys []string) ([]map[string]any, error) {
	f.note("fields %v %v", versions, keys)
	return f.fields, nil
}

func (f *fake) Chunks(_ context.Context, version string, from, n int) (all []index.Chunk, err error) {
	for i := from; i < min(from+n, 4); i++ {
		all = append(all, index.Chunk{Index: i, Content: fmt.Sprint(version, " ", i)})
	}
	return all, nil
}

func (f *fake) Model() embed.Model { return f.model }

func (f *fake) Embed(ctx context.Context, purpose embed.Purpose, texts []string) ([][]float32, error) {
	f.note("embed %t %v", purpose == embed.Query, texts)
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(f.embedTakes):
		return [][]float32{{1, 2}}, f.embedError
	}
}

func (f *fake) Current(_ context.Context, versions []string, _ int) (map[string]document.Summary, error) {
	f.note("current %v", versions)
	current := map[string]document.Summary{}
	for _, v := range versions {
		if f.gone[v]--; f.gone[v] < 0 {
			current[v] = document.Summary{ID: v[:1], Name: v + ".txt", Title: "On " + v, ContentType: "document", Metadata: f.metadata(v)}
		}
	}
	return current, nil
}

// metadata is that of a document, {} unless the test has set another.
func (f *fake) metadata(version string) json.RawMessage {
	if m, there := f.documents[version]; there {
		return m
	}
	return json.RawMessage(`{}`)
}

func service(f *fake) *Service {
	if f.gone == nil {
		f.gone = map[string]int{}
	}
	return New(Config{Index: f, Documents: f, Embedder: f})
}

// hit is chunk 0 to 9 of a document a to z.
func hit(name string) index.Hit {
	document, chunk := int64(name[0]), int64(name[1]-'0')
	return index.Hit{Found: index.Found{Chunk: 10*document + chunk, Version: document},
		DocumentID: name[:1], Name: name[:1] + "-v1", ChunkIndex: int(chunk), Content: name}
}

func founds(hits []index.Hit) (all []index.Found) {
	for _, h := range hits {
		all = append(all, h.Found)
	}
	return all
}

// hits are a ranking, best first.
func hits(names ...string) []index.Hit {
	var all []index.Hit
	for i, name := range names {
		all = append(all, scored(name, 0.9-float64(i)/10))
	}
	return all
}

func contents(hits []index.Hit) []string {
	var all []string
	for _, h := range hits {
		all = append(all, h.Content)
	}
	return all
}

func TestSearchAsksBoth(t *testing.T) {
	t.Parallel()
	f := &fake{near: []index.Hit{scored("a0", 0.9), scored("b0", 0.8)}, worded: []index.Hit{scored("b0", 1), scored("c0", 0.1)}}
	found, err := service(f).Search(t.Context(), auth.Scope{Owner: "ann"}, Query{Text: "what?", Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]string{"embed true [what?]", "nearest [1 2] 100 ann", "match what? 100 ann", "read 2", "current [b-v1 a-v1]"}, f.asked); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff([]string{"b0", "a0"}, contents(chunks(found.Hits))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if d := found.Hits[1].Document; !reflect.DeepEqual(d, document.Summary{ID: "a", Name: "a-v1.txt", Title: "On a-v1", ContentType: "document", Metadata: []byte(`{}`)}) {
		t.Errorf("the hit's document is %+v", d)
	}
	if found.WordsOnly || found.Warnings != nil {
		t.Errorf("warnings %v", found.Warnings)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	f := &fake{}
	for i := range 300 {
		f.near = append(f.near, index.Hit{Found: index.Found{Chunk: int64(i)}, Name: "v", ChunkIndex: i})
	}
	for limit, want := range map[int]int{0: 10, 1: 1, 100: 100} {
		found, err := service(f).Search(t.Context(), auth.Scope{}, Query{Text: "x", Limit: limit})
		if err != nil || len(found.Hits) != want {
			t.Errorf("limit %d: %d hits, %v", limit, len(found.Hits), err)
		}
	}
}

func TestBadQueries(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		query Query
		want  error
		say   string
	}{
		{"empty", Query{}, ErrQuery, "empty"},
		{"blank", Query{Text: " \t\n\u00a0"}, ErrQuery, "empty"},
		{"mode", Query{Text: "x", Mode: "fuzzy"}, ErrQuery, "mode must be"},
		{"only what must not be there", Query{Text: "-heron"}, ErrQuery, "must not be there"},
		{"least score", Query{Text: "x", MinScore: 1.1}, ErrQuery, "min_score"},
		{"per document", Query{Text: "x", PerDocument: -1}, ErrQuery, "per_document"},
		{"expand", Query{Text: "x", Expand: 6}, ErrQuery, "expand"},
		{"no weight", Query{Text: "x", Weights: &Weights{}}, ErrQuery, "weights"},
		{"negative weight", Query{Text: "x", Weights: &Weights{-1, 2}}, ErrQuery, "weights"},
		{"long", Query{Text: strings.Repeat("x", MaxQuery+1)}, ErrQuery, "8193 bytes"},
		{"many phrases", Query{Text: strings.Repeat(`"x" -y `, 32) + "-z"}, ErrQuery, "65 phrases and exclusions"},
		{"negative limit", Query{Text: "x", Limit: -1}, ErrQuery, "limit"},
		{"large limit", Query{Text: "x", Limit: 101}, ErrQuery, "limit"},
	}
	for _, tt := range tests {
		f := &fake{}
		_, err := service(f).Search(t.Context(), auth.Scope{}, tt.query)
		if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.say) {
			t.Errorf("%s: got %v", tt.name, err)
		}
		if len(f.asked) > 0 {
			t.Errorf("%s: asked %v", tt.name, f.asked)
		}
	}
	for _, most := range []string{strings.Repeat("x", MaxQuery), strings.Repeat(`"x" -y `, 32)} {
		if _, err := service(&fake{}).Search(t.Context(), auth.Scope{}, Query{Text: most}); err != nil {
			t.Error(err)
		}
	}
}

func TestEmbedderFails(t *testing.T) {
	t.Parallel()
	final := errors.New("wrong key")
	tests := []struct {
		name      string
		err       error
		takes     time.Duration
		wordsOnly bool
		want      error
	}{
		{"well", nil, time.Second, false, nil},
		{"unavailable", fmt.Errorf("status 503: %w", embed.ErrTransient), 0, true, nil},
		{"slow", nil, time.Minute, true, nil},
		{"for good", final, 0, false, final},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{near: hits("a0"), worded: hits("b0"), embedError: tt.err, embedTakes: tt.takes}
				start := time.Now()
				found, err := service(f).Search(t.Context(), auth.Scope{}, Query{Text: "x"})
				if took := time.Since(start); took > 5*time.Second {
					t.Errorf("took %v", took)
				}
				if !errors.Is(err, tt.want) {
					t.Fatalf("got %v, want %v", err, tt.want)
				}
				if err != nil {
					return
				}
				if found.WordsOnly != tt.wordsOnly || (len(found.Warnings) == 1) != tt.wordsOnly || (len(found.Hits) == 1) != tt.wordsOnly {
					t.Errorf("got %+v", found)
				}
			})
		})
	}
}

func TestCallerHasLeft(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := service(&fake{embedTakes: time.Hour}).Search(ctx, auth.Scope{}, Query{Text: "x"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func chunks(found []Hit) (all []index.Hit) {
	for _, h := range found {
		all = append(all, h.Hit)
	}
	return all
}

// TestOnlyVersionsInPlace: a version that is not in place when its document is asked for
// is looked for again, three times at most, and what is still gone is not returned.
func TestOnlyVersionsInPlace(t *testing.T) {
	t.Parallel()
	newer := hit("a1")
	newer.Name, newer.Content, newer.Chunk, newer.Version = "a-v2", "newer", 1, 1
	tests := []struct {
		name         string
		near, worded []index.Hit
		gone         map[string]int
		limit        int
		want         []string
		looks        int
	}{
		{"all are", hits("a0", "b0"), hits("b0"), nil, 2, []string{"b0", "a0"}, 1},
		{"replaced in between", hits("a0", "b0"), nil, map[string]int{"a-v1": 1}, 2, []string{"a0", "b0"}, 2},
		{"replaced twice", hits("a0", "b0"), nil, map[string]int{"a-v1": 2}, 2, []string{"a0", "b0"}, 3},
		{"gone for good", hits("a0", "b0"), hits("a1"), map[string]int{"a-v1": 99}, 2, []string{"b0"}, 3},
		{"others take its place", hits("a0", "a1", "b0", "c0"), nil, map[string]int{"a-v1": 99}, 2, []string{"b0", "c0"}, 3},
		{"others are gone too", hits("a0", "b0", "c0"), nil, map[string]int{"a-v1": 99, "b-v1": 99}, 1, []string{"c0"}, 3},
		{"two versions of one document", hits("a0", "b0"), []index.Hit{newer}, map[string]int{"a-v1": 99}, 3, []string{"b0", "newer"}, 3},
		{"nothing is left", hits("a0"), hits("a0"), map[string]int{"a-v1": 99}, 3, nil, 3},
	}
	for _, tt := range tests {
		f := &fake{near: tt.near, worded: tt.worded, gone: tt.gone}
		found, err := service(f).Search(t.Context(), auth.Scope{}, Query{Text: "x", Limit: tt.limit})
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(tt.want, contents(chunks(found.Hits))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		looked := 0
		for _, asked := range f.asked {
			if strings.HasPrefix(asked, "match") {
				looked++
			}
		}
		if looked != tt.looks {
			t.Errorf("%s: looked %d times, want %d", tt.name, looked, tt.looks)
		}
	}
}

func scored(name string, score float64) index.Hit {
	h := hit(name)
	h.Score = score
	return h
}

func TestFuse(t *testing.T) {
	t.Parallel()
	even := blend{Weights: Weights{1, 1}}
	tests := []struct {
		name         string
		blend        blend
		near, worded []index.Hit
		want         []string
	}{
		{"nothing", even, nil, nil, nil},
		{"one ranking", even, []index.Hit{scored("b0", 0.9), scored("a0", 0.2)}, nil, []string{"b0", "a0"}},
		{"both before one", even, []index.Hit{scored("a0", 0.9), scored("c0", 0.8)}, []index.Hit{scored("d0", 1), scored("c0", 0.5)},
			[]string{"c0", "a0", "d0"}},
		{"the heavier ranking first", blend{Weights: Weights{1, 0.1}}, []index.Hit{scored("a0", 0.9)}, []index.Hit{scored("b0", 0.2)}, []string{"b0", "a0"}},
		{"the older among equals", even, []index.Hit{scored("b1", 0.5), scored("a2", 0.5)}, nil, []string{"a2", "b1"}},
		{"chunks of one document are apart", even, []index.Hit{scored("a0", 0.5), scored("a1", 0.4)}, []index.Hit{scored("a1", 1)}, []string{"a1", "a0"}},
		{"near by chance", blend{Weights{1, 1}, true}, []index.Hit{scored("a0", 0.2), scored("b0", 0.1)}, nil, []string{"a0"}},
		{"near by chance, with a word", blend{Weights{1, 1}, true}, []index.Hit{scored("a0", 0.1)}, []index.Hit{scored("a0", 0.1)}, []string{"a0"}},
		{"turned away", even, []index.Hit{scored("a0", -0.9)}, []index.Hit{scored("a0", 1), scored("b0", 0.5)}, []string{"a0", "b0"}},
	}
	for _, tt := range tests {
		fused := tt.blend.fuse(founds(tt.near), founds(tt.worded))
		if diff := gocmp.Diff(tt.want, called(fused)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		for _, f := range fused {
			if f.Score < 0 || f.Score > 1 {
				t.Errorf("%s: %d has %g", tt.name, f.Chunk, f.Score)
			}
		}
	}
}

// called are the names of chunks that hit made.
func called(found []index.Found) (names []string) {
	for _, f := range found {
		names = append(names, fmt.Sprintf("%c%d", rune(f.Version), f.Chunk%10))
	}
	return names
}

// Vectors of many models all point one way: what counts is how much nearer one is than the
// last of many.
func TestTheLastOfManyIsNotNear(t *testing.T) {
	t.Parallel()
	var near []index.Found
	for i := range manyNear {
		near = append(near, index.Found{Chunk: int64(i), Score: 0.9 - float64(i)/1000})
	}
	fused := blend{Weights: Weights{0, 1}}.fuse(near, nil)
	if last := fused[len(fused)-1]; last.Chunk != manyNear-1 || last.Score != 0 {
		t.Errorf("the last is %+v", last)
	}
	fused = blend{Weights: Weights{0, 1}}.fuse(near[:manyNear-1], nil)
	if last := fused[len(fused)-1]; last.Score < 0.8 {
		t.Errorf("the last of few is %+v", last)
	}
}
