// Package embedtest is the conformance suite of [embed.Embedder]: what every embedder
// and every decorator of one must do. A new one's test calls [Run].
package embedtest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"morag/internal/embed"
)

// Run checks an embedder. open makes a fresh one for each subtest, which run in
// parallel; the embedder has to be deterministic to the last bit.
func Run(t *testing.T, open func(t *testing.T) embed.Embedder) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, embed.Embedder)
	}{
		{"names its model", namesItsModel},
		{"returns one vector per text in order", returnsInOrder},
		{"gives a blank text the zero vector", blankIsZero},
		{"gives the same text the same vector", isDeterministic},
		{"gives out vectors that are the caller's own", doesNotShare},
		{"takes any bytes", takesAnyBytes},
		{"takes a very long text", takesLongText},
		{"takes both purposes", takesBothPurposes},
		{"serves concurrent callers", servesConcurrentCallers},
		{"stops when the context ends", stopsWithContext},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, open(t))
		})
	}
}

// Vector is what the fake services of the tests answer for a text: reproducible, as
// good as never the same for two texts, and not of unit length.
func Vector(text string, dimension int) []float32 {
	hash := fnv.New64a()
	hash.Write([]byte(text))
	random := rand.New(rand.NewPCG(hash.Sum64(), uint64(dimension)))
	vector := make([]float32, dimension)
	for i := range vector {
		vector[i] = float32(random.NormFloat64())
	}
	return vector
}

func namesItsModel(t *testing.T, e embed.Embedder) {
	model := e.Model()
	if model.Name == "" || model.Dimension < 1 {
		t.Errorf("model %+v lacks a name or a dimension", model)
	}
	if again := e.Model(); again != model {
		t.Errorf("model changed from %+v to %+v", model, again)
	}
}

func returnsInOrder(t *testing.T, e embed.Embedder) {
	for _, n := range []int{0, 1, 7, 1000} {
		given := sentences(n)
		texts := slices.Clone(given)
		vectors := mustEmbed(t, e, texts)
		if !slices.Equal(texts, given) {
			t.Errorf("%d texts: the caller's texts were changed", n)
		}
		for i, vector := range vectors {
			if length := norm(vector); math.Abs(length-1) > 1e-5 {
				t.Fatalf("%d texts: vector %d has length %v, not 1", n, i, length)
			}
		}
		for _, i := range []int{0, n / 3, n - 1} {
			if n > 0 && !slices.Equal(vectors[i], mustEmbed(t, e, texts[i:i+1])[0]) {
				t.Errorf("%d texts: vector %d is not that of its text alone", n, i)
			}
		}
		for i := range max(0, n-1) {
			if slices.Equal(vectors[i], vectors[i+1]) {
				t.Fatalf("%d texts: vectors %d and %d are the same", n, i, i+1)
			}
		}
	}
}

func blankIsZero(t *testing.T, e embed.Embedder) {
	texts := []string{"", "first words", " \t\r\n", "second words", "\u00a0\u2003"}
	vectors := mustEmbed(t, e, texts)
	for i, text := range texts {
		if zero, blank := norm(vectors[i]) == 0, strings.TrimSpace(text) == ""; zero != blank {
			t.Errorf("text %q: zero vector %t, want %t", text, zero, blank)
		}
	}
	for _, vector := range mustEmbed(t, e, []string{"", " "}) {
		if norm(vector) != 0 {
			t.Error("a vector of nothing but blank texts is not zero")
		}
	}
}

func isDeterministic(t *testing.T, e embed.Embedder) {
	texts := append(sentences(150), sentences(150)...)
	first, second := mustEmbed(t, e, texts), mustEmbed(t, e, texts)
	for i := range first {
		if !slices.Equal(first[i], second[i]) {
			t.Fatalf("vector %d differs in a second call", i)
		}
		if !slices.Equal(first[i], first[(i+150)%300]) {
			t.Fatalf("vector %d differs from that of the same text elsewhere in the call", i)
		}
	}
}

func doesNotShare(t *testing.T, e embed.Embedder) {
	texts := []string{"one text", "", "one text", ""}
	vectors := mustEmbed(t, e, texts)
	want := []([]float32){slices.Clone(vectors[2]), slices.Clone(vectors[3])}
	for _, vector := range vectors[:2] {
		for i := range vector {
			vector[i] = 9
		}
	}
	if !slices.Equal(vectors[2], want[0]) || !slices.Equal(vectors[3], want[1]) {
		t.Error("writing to one vector changed another of the same call")
	}
	if !slices.Equal(mustEmbed(t, e, texts)[0], want[0]) {
		t.Error("writing to a vector changed what a later call returns")
	}
}

func takesAnyBytes(t *testing.T, e embed.Embedder) {
	mustEmbed(t, e, []string{
		"naïve café, Straße, Ελλάδα, Санкт-Петербург", "一つの山は高い", "ภูเขาสูง", "דג שקט", "سمكة هادئة",
		"e\u0301 \ufb01 \uff21", "👩‍👩‍👧 🎉", "\u200b\u00ad\ufeff", "!?…", "0",
		"nul \x00 in it", "\x1b[31m", "bad \xff\xfe bytes", "\xed\xa0\x80", "cut \xe2\x82",
		`"quoted" \ </script>`, "\u2028",
	})
}

func takesLongText(t *testing.T, e embed.Embedder) {
	const size = 1 << 20
	for name, part := range map[string]string{"words": "Over the mountain. ", "one word": "x", "no spaces": "高い山", "space first": " "} {
		text := strings.Repeat(part, size/len(part)) + " end"
		vectors := mustEmbed(t, e, []string{"before", text, "after"})
		if norm(vectors[1]) == 0 {
			t.Errorf("1 MB of %s has the zero vector", name)
		}
		if !slices.Equal(vectors[2], mustEmbed(t, e, []string{"after"})[0]) {
			t.Errorf("1 MB of %s changed the vector of the text after it", name)
		}
	}
}

func takesBothPurposes(t *testing.T, e embed.Embedder) {
	for _, purpose := range []embed.Purpose{embed.Passage, embed.Query} {
		vectors, err := e.Embed(t.Context(), purpose, []string{"which mountain is high"})
		if err != nil {
			t.Fatalf("purpose %d: %v", purpose, err)
		}
		check(t, e, 1, vectors)
	}
}

func servesConcurrentCallers(t *testing.T, e embed.Embedder) {
	texts := sentences(64)
	want := mustEmbed(t, e, texts)
	var callers sync.WaitGroup
	for caller := range 8 {
		callers.Go(func() {
			own := texts[caller*8:]
			vectors, err := e.Embed(t.Context(), embed.Passage, own)
			if err != nil || !slices.EqualFunc(vectors, want[caller*8:], slices.Equal) {
				t.Errorf("caller %d got other vectors than alone, error %v", caller, err)
			}
		})
	}
	callers.Wait()
}

func stopsWithContext(t *testing.T, e embed.Embedder) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	vectors, err := e.Embed(ctx, embed.Passage, sentences(3))
	if !errors.Is(err, context.Canceled) || errors.Is(err, embed.ErrTransient) || vectors != nil {
		t.Errorf("with an ended context: %d vectors, error %v", len(vectors), err)
	}
}

func mustEmbed(t *testing.T, e embed.Embedder, texts []string) [][]float32 {
	t.Helper()
	vectors, err := e.Embed(t.Context(), embed.Passage, texts)
	if err != nil {
		t.Fatal(err)
	}
	check(t, e, len(texts), vectors)
	return vectors
}

// check holds for every answer: count, dimension, and length one or zero.
func check(t *testing.T, e embed.Embedder, texts int, vectors [][]float32) {
	t.Helper()
	if len(vectors) != texts {
		t.Fatalf("%d vectors for %d texts", len(vectors), texts)
	}
	for i, vector := range vectors {
		if len(vector) != e.Model().Dimension {
			t.Fatalf("vector %d has %d numbers, the model says %d", i, len(vector), e.Model().Dimension)
		}
		if length := norm(vector); length != 0 && !(math.Abs(length-1) < 1e-5) {
			t.Fatalf("vector %d has length %v", i, length)
		}
	}
}

func norm(vector []float32) float64 {
	var squares float64
	for _, x := range vector {
		squares += float64(x) * float64(x)
	}
	return math.Sqrt(squares)
}

func sentences(n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("Sentence %d tells of place %d and of day %d.", i, i*7919%1009, i*i%366)
	}
	return texts
}
