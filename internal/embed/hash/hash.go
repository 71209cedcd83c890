// Package hash embeds texts offline, without a model: by feature hashing.
//
// Its vectors are lexical, not semantic. Two texts are close when they share words or
// parts of words, so a query finds other forms of its words and misspelt ones, but
// never a synonym or a translation. What it needs is nothing: no network, no key, no
// download, no training, which makes it the default.
//
// A text becomes a bag of features: its words, and of each word the character n-grams
// with its beginning marked ("<mo", "moun", "ntain"), much as Bojanowski et al. use
// them ("Enriching Word Vectors with Subword Information", TACL 5, 2017). Every
// feature adds its weight to one of the vector's positions, with a sign;
// position and sign come from a hash of the feature, so that no dictionary is needed
// and collisions cancel out on average: Weinberger et al., "Feature Hashing for Large
// Scale Multitask Learning", ICML 2009.
//
// The same text gives the same vector on every platform and in every release: sums
// are whole numbers, and [math.Sqrt] and division are exact to the last bit. What may
// change is only a text with characters that Unicode did not define yet when the
// older of the two programs was built. A change of the method gets a new name.
package hash

import (
	"context"
	"fmt"
	"math"

	"morag/internal/embed"
)

// DefaultDimension is 512. Hashing lends the product of two unrelated texts a random
// part of standard deviation 1/√dimension (Weinberger et al., lemma 2), 0.044 here,
// small beside the 0.2 and more of related ones; and a vector is 2 KiB. Measured by
// BenchmarkRecall on comments of Go 1.26's standard library, each asked for by its
// first sentence, the rest of the comment is among the first ten for 62 % at 256
// dimensions, 67 % at 512, 69 % at 1024, 70 % at 2048; at 512 without n-grams 53 %.
const DefaultDimension = 512

// Embedder is the hashing [embed.Embedder]. It has no state and no limit on a text's
// length, ignores the purpose, and fails only when the context ends. A text without a
// letter or digit has the zero vector.
type Embedder struct{ dimension int }

// New returns an embedder of vectors of that dimension, 0 meaning [DefaultDimension].
// It panics on a negative one.
func New(dimension int) *Embedder {
	if dimension < 0 {
		panic(fmt.Sprintf("hash: negative dimension %d", dimension))
	}
	if dimension == 0 {
		dimension = DefaultDimension
	}
	return &Embedder{dimension}
}

// Model names the version of the method and the dimension.
func (e *Embedder) Model() embed.Model {
	return embed.Model{Name: fmt.Sprintf("hash-v1-%d", e.dimension), Dimension: e.dimension}
}

// Embed hashes each text.
func (e *Embedder) Embed(ctx context.Context, _ embed.Purpose, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("hash text %d: %w", i, err)
		}
		vectors[i] = e.vector(text)
	}
	return vectors, nil
}

func (e *Embedder) vector(text string) []float32 {
	counts := make(map[string]int)
	for word := range words(fold(text)) {
		counts[word]++
	}
	bag := bag{sums: make([]int64, e.dimension)}
	for word, count := range counts {
		bag.addWord(word, count)
	}
	return unit(bag.sums)
}

// unit scales the sums to length 1. The conversion around each square forbids the
// compiler to fuse it with the addition, which would round differently on some
// platforms.
func unit(sums []int64) []float32 {
	var squares float64
	for _, sum := range sums {
		squares += float64(float64(sum) * float64(sum))
	}
	vector := make([]float32, len(sums))
	if squares == 0 {
		return vector
	}
	length := math.Sqrt(squares)
	for i, sum := range sums {
		vector[i] = float32(float64(sum) / length)
	}
	return vector
}
