package indextest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"morag/internal/index"
)

// other is a model to reindex to. Its vectors are those of the suite's model, with the axes
// in the other order.
var other = index.Model{Name: "other", Dimension: Dimension}

func mirrored(v []float32) []float32 {
	m := make([]float32, len(v))
	for i, x := range v {
		m[len(v)-1-i] = x
	}
	return m
}

// embedAll gives every chunk that has none a vector of the other model, that of an axis.
func embedAll(ctx context.Context, r index.Reindexer, axis int) error {
	for after := int64(0); ; {
		chunks, err := r.Unembedded(ctx, after, 3)
		if err != nil || len(chunks) == 0 {
			return err
		}
		var vectors []index.Embedded
		for _, c := range chunks {
			vectors = append(vectors, index.Embedded{Unembedded: c, Vector: mirrored(towards(axis))})
			after = c.Chunk
		}
		if err := r.Embed(ctx, vectors); err != nil {
			return err
		}
	}
}

// embedLast is what [index.Reindexer.Finish] asks for the last chunks.
func embedLast(_ context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i := range vectors {
		vectors[i] = mirrored(towards(0))
	}
	return vectors, nil
}

func begin(t *testing.T, r index.Reindexer) {
	t.Helper()
	if err := r.Begin(t.Context(), other); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, r index.Reindexer, chunks, embedded int) {
	t.Helper()
	c, e, err := r.Count(t.Context())
	if err != nil || c != chunks || e != embedded {
		t.Errorf("%d of %d chunks are embedded (%v), want %d of %d", e, c, err, embedded, chunks)
	}
}

// finish expects that it comes to an end, or does not.
func finish(t *testing.T, r index.Reindexer, want bool) {
	t.Helper()
	if done, err := r.Finish(t.Context(), embedLast); err != nil || done != want {
		t.Fatalf("finished %t (%v), want %t", done, err, want)
	}
}

func testReindex(t *testing.T, l *library) {
	r := l.Index.(index.Reindexer)
	mine := index.Model{Name: Model, Dimension: Dimension}
	equal(t, "the model", mine, r.Model())
	refused(t, "begin with the same model", r.Begin(t.Context(), mine), index.ErrModel)
	refused(t, "embed before it was begun", r.Embed(t.Context(), []index.Embedded{{Vector: towards(0)}}), index.ErrModel)
	l.put(t, version("ann", "d1", "v1", chunksOf(0, "one", "two")), chunksOf(0, "one", "two"))
	l.stage(t, version("ann", "d2", "v2", chunksOf(0, "three")), chunksOf(0, "three"))
	begin(t, r)
	begin(t, r) // again is no other
	if next, err := r.Next(t.Context()); err != nil || next != other {
		t.Errorf("the next model is %v (%v)", next, err)
	}
	count(t, r, 3, 0)
	chunks, err := r.Unembedded(t.Context(), 0, 1)
	if err != nil || len(chunks) != 1 || chunks[0].Content != "one" {
		t.Fatalf("%v are to be embedded (%v)", chunks, err)
	}
	changed := index.Embedded{Unembedded: index.Unembedded{Chunk: chunks[0].Chunk, Content: "another text"}, Vector: towards(1)}
	if err := r.Embed(t.Context(), []index.Embedded{changed, {Unembedded: index.Unembedded{Chunk: 999}, Vector: towards(1)}}); err != nil {
		t.Fatal(err)
	}
	count(t, r, 3, 0)
	refused(t, "another dimension", r.Embed(t.Context(), []index.Embedded{{Unembedded: chunks[0], Vector: []float32{1}}}), index.ErrModel)
	if err := embedAll(t.Context(), r, 5); err != nil {
		t.Fatal(err)
	}
	count(t, r, 3, 3)
	equal(t, "before it is finished", []string{"d1/0", "d1/1"}, nearest(t, l.Index, 0, own("ann")))
	finish(t, r, true)
	equal(t, "the model", other, r.Model())
	hits, err := Nearest(t.Context(), l.Index, mirrored(towards(5)), 9, index.Scope{Owner: "ann", Model: other})
	if err != nil || len(hits) != 2 || hits[0].Score < 0.999 || hits[1].Score < 0.999 {
		t.Errorf("found %v (%v)", hits, err)
	}
	_, err = Nearest(t.Context(), l.Index, towards(0), 9, index.Scope{Owner: "ann", Model: mine})
	refused(t, "a vector of the model before", err, index.ErrModel)
	v := version("ann", "d3", "v3", chunksOf(0, "four"))
	v.Model = mine
	refused(t, "chunks of the model before", l.Index.Stage(t.Context(), v, chunksOf(0, "four")), index.ErrModel)
	l.show(t, version("ann", "d2", "v2", chunksOf(0, "three"))) // was embedded, too
	v.Model = other
	l.put(t, v, []index.Chunk{{Content: "four", Vector: mirrored(towards(5))}})
	for range 2 {
		hits, err = Nearest(t.Context(), l.Index, mirrored(towards(5)), 9, index.Scope{Owner: "ann", Model: other})
		if err != nil || len(hits) != 4 {
			t.Errorf("found %v (%v)", names(hits), err)
		}
		if _, err := l.Index.Sweep(t.Context(), 1000, 0); err != nil {
			t.Fatal(err)
		}
	}
	x := l.Reopen(t)
	hits, err = Nearest(t.Context(), x, mirrored(towards(5)), 9, index.Scope{Owner: "ann", Model: other})
	if err != nil || len(hits) != 4 {
		t.Errorf("after another start found %v (%v)", names(hits), err)
	}
	equal(t, "words", []string{"d3/0"}, match(t, x, "four", own("ann")))
	again := x.(index.Reindexer)
	if err := again.Begin(t.Context(), mine); err != nil { // and back
		t.Fatal(err)
	}
	count(t, again, 4, 0)
	for done := false; !done; {
		if err := embedAll(t.Context(), again, 2); err != nil {
			t.Fatal(err)
		}
		if done, err = again.Finish(t.Context(), embedLast); err != nil {
			t.Fatal(err)
		}
	}
	hits, err = Nearest(t.Context(), x, mirrored(towards(2)), 9, index.Scope{Owner: "ann", Model: mine})
	if err != nil || len(hits) != 4 {
		t.Errorf("found %v (%v)", names(hits), err)
	}
}

// testReindexAfterAStart: what was begun is gone on with.
func testReindexAfterAStart(t *testing.T, l *library) {
	r := l.Index.(index.Reindexer)
	texts := chunksOf(0, "one", "two", "three")
	l.put(t, version("ann", "d1", "v1", texts), texts)
	begin(t, r)
	chunks, err := r.Unembedded(t.Context(), 0, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range chunks {
		if err := r.Embed(t.Context(), []index.Embedded{{Unembedded: c, Vector: mirrored(towards(5))}}); err != nil {
			t.Fatal(err)
		}
	}
	x := l.Reopen(t)
	r = x.(index.Reindexer)
	if next, err := r.Next(t.Context()); err != nil || next != other {
		t.Errorf("the next model is %v (%v)", next, err)
	}
	count(t, r, 3, 2)
	finish(t, r, true)
	hits, err := Nearest(t.Context(), x, mirrored(towards(5)), 9, own("ann"))
	if err != nil || len(hits) != 3 || hits[1].Score < 0.999 || hits[2].Score > 0.1 {
		t.Errorf("found %v (%v)", names(hits), err)
	}
}

func testReindexAbandoned(t *testing.T, l *library) {
	r := l.Index.(index.Reindexer)
	texts := chunksOf(0, "one", "two")
	l.put(t, version("ann", "d1", "v1", texts), texts)
	begin(t, r)
	if err := embedAll(t.Context(), r, 5); err != nil {
		t.Fatal(err)
	}
	if err := r.Abandon(t.Context()); err != nil {
		t.Fatal(err)
	}
	if next, err := r.Next(t.Context()); err != nil || next != (index.Model{}) {
		t.Errorf("the next model is %v (%v)", next, err)
	}
	if _, err := r.Finish(t.Context(), embedLast); !errors.Is(err, index.ErrModel) {
		t.Errorf("finish: %v", err)
	}
	if _, err := l.Index.Sweep(t.Context(), 1000, 0); err != nil {
		t.Fatal(err)
	}
	equal(t, "found", []string{"d1/0", "d1/1"}, nearest(t, l.Index, 0, own("ann")))
	begin(t, r)
	count(t, r, 2, 0)
}

// testReindexWhileChanging: while documents come, are replaced and go, every search finds all
// of them by the vectors of one model, and the switch loses none.
func testReindexWhileChanging(t *testing.T, l *library) {
	r := l.Index.(index.Reindexer)
	for i := range 40 { // more chunks than may be left for the end
		texts := chunksOf(0, "kept", "kept too")
		l.put(t, version("ann", fmt.Sprint("k", i), fmt.Sprint("k", i), texts), texts)
	}
	begin(t, r)
	finish(t, r, false)
	done, switched := make(chan struct{}), make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() { // documents come
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			made := r.Model()
			v := version("bob", fmt.Sprint("b", i%5), fmt.Sprint("b", i), make([]index.Chunk, 1))
			v.Model = made
			vector := towards(0)
			if made == other {
				vector = mirrored(vector)
			}
			err := l.Index.Stage(t.Context(), v, []index.Chunk{{Content: fmt.Sprint("comes ", i), Vector: vector}})
			if err == nil {
				before := ""
				if i >= 5 {
					before = fmt.Sprint("b", i-5)
				}
				err = l.Index.Switch(t.Context(), v.Name, before)
			}
			if err != nil && !errors.Is(err, index.ErrModel) && !errors.Is(err, index.ErrIncomplete) {
				t.Errorf("document %d: %v", i, err)
				return
			}
		}
	})
	for range 2 {
		running.Go(func() { // searches
			for after := 0; after < 20; {
				select {
				case <-switched:
					after++
				default:
				}
				made := r.Model()
				query := towards(0)
				if made == other {
					query = mirrored(query)
				}
				hits, err := Nearest(t.Context(), l.Index, query, 1000, index.Scope{Owner: "ann", Model: made})
				if errors.Is(err, index.ErrModel) {
					continue // it was switched between the two
				}
				if err != nil || len(hits) != 80 {
					t.Errorf("found %d chunks of 80 by %s (%v)", len(hits), made.Name, err)
					return
				}
				for _, h := range hits {
					if h.Score < 0.99 {
						t.Errorf("a score of %f by %s: another model's", h.Score, made.Name)
						return
					}
				}
			}
		})
	}
	for finished := false; !finished; {
		err := embedAll(t.Context(), r, 0)
		if err == nil {
			finished, err = r.Finish(t.Context(), embedLast)
		}
		if err != nil && !errors.Is(err, context.DeadlineExceeded) { // on a busy machine it may take too long
			t.Error(err)
			break
		}
	}
	close(switched)
	close(done)
	running.Wait()
	equal(t, "the model", other, r.Model())
}
