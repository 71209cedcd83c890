package chunk

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Embed gives each text a vector: always the same length, and the same text the same
// vector.
type Embed func(texts []string) ([][]float32, error)

const (
	// breakPercentile: the subject changes where neighbours are further apart than this
	// part of all neighbours. It is the default of LlamaIndex's semantic splitter.
	breakPercentile = 0.95
	// neighbours is how many sentences before and after one are embedded with it, which
	// evens out short ones; also that splitter's default.
	neighbours = 1
	// maxEmbedded is the most texts of a document that are embedded. A longer document is
	// looked at in groups of sentences.
	maxEmbedded = 5000
	// maxEmbeddedText is the most bytes of one of them.
	maxEmbeddedText = 4000
	// embedBatch is how many are embedded at a time.
	embedBatch = 64
	// minPiece is the least part of a chunk's size that a piece has, so that a heading
	// stays with its text.
	minPiece = 1.0 / 20
)

var errNoEmbedding = errors.New("split by subject: nothing to embed with")

// subjects are the offsets where the subject changes: where the cosine distance between
// a sentence and the next, each with its neighbours, is above a percentile of all such
// distances of the document. The method is Greg Kamradt's ("5 levels of text splitting",
// level 4), with the parameters of LlamaIndex's SemanticSplitterNodeParser.
func subjects(d document, o Options) ([]int, error) {
	starts := grouped(sentences(d.text))
	if len(starts) < 3 { // one distance has no percentile
		return nil, nil
	}
	if d.embed == nil {
		return nil, errNoEmbedding
	}
	distances, err := distances(d, starts)
	if err != nil {
		return nil, err
	}
	threshold := percentile(distances, breakPercentile)
	least := int(minPiece * float64(o.Size))
	var cuts []int
	from := starts[0]
	for i, distance := range distances {
		at := starts[i+1]
		if distance > threshold && utf8.RuneCountInString(d.text[from:at]) >= least {
			cuts = append(cuts, at)
			from = at
		}
	}
	if len(cuts) > 0 && utf8.RuneCountInString(d.text[from:]) < least {
		cuts = cuts[:len(cuts)-1]
	}
	return cuts, nil
}

// grouped takes every n-th start, so that there are at most maxEmbedded.
func grouped(starts []int) []int {
	every := (len(starts) + maxEmbedded - 1) / maxEmbedded
	if every <= 1 {
		return starts
	}
	var kept []int
	for i := 0; i < len(starts); i += every {
		kept = append(kept, starts[i])
	}
	return kept
}

// distances gives the cosine distance between each unit and the next.
func distances(d document, starts []int) ([]float64, error) {
	var all []float64
	var last []float32
	for from := 0; from < len(starts); from += embedBatch {
		var texts []string
		for i := from; i < min(from+embedBatch, len(starts)); i++ {
			texts = append(texts, around(d.text, starts, i))
		}
		vectors, err := d.embed(texts)
		if err != nil {
			return nil, err
		}
		if len(vectors) != len(texts) {
			return nil, fmt.Errorf("split by subject: %d vectors for %d texts", len(vectors), len(texts))
		}
		for _, v := range vectors {
			if last != nil {
				all = append(all, distance(last, v))
			}
			last = v
		}
	}
	return all, nil
}

// around is the unit with its neighbours.
func around(text string, starts []int, i int) string {
	from, to := starts[max(i-neighbours, 0)], len(text)
	if after := i + neighbours + 1; after < len(starts) {
		to = starts[after]
	}
	if to-from > maxEmbeddedText { // the unit itself rather than its neighbours
		from = starts[i]
		to = min(to, from+maxEmbeddedText)
	}
	return strings.ToValidUTF8(strings.TrimSpace(text[from:to]), "")
}

// distance is 1 minus the cosine of the angle; of a vector of zeros it is 1.
func distance(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range min(len(a), len(b)) {
		x, y := float64(a[i]), float64(b[i])
		dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 1
	}
	return 1 - dot/math.Sqrt(aa*bb)
}

// percentile is the figure that this part of the others is below, between two of them
// where it falls there.
func percentile(figures []float64, part float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	at := part * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}
