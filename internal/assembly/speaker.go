package assembly

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"

	"morag/internal/content"
)

// Embeddings is where the metadata of a part tells the voices of its speakers: by label, a
// vector of numbers. Engines that make them tell speakers of one part from those of another.
const Embeddings = "speaker_embeddings"

// sameVoice is the least cosine of the vectors of one speaker in two parts.
const sameVoice = 0.75

// anyone is a label that an engine gives, by itself, to who speaks, as against a name.
var anyone = regexp.MustCompile(`(?i)^(?:(?:speaker|spk|voice|s|unknown)[ _-]*)?(?:\d+|[a-z])?$`)

// speakers makes the labels of all parts tell the same speaker by the same label, where
// voices or names say so, and others by others: those tell their part.
func (a assembly) speakers() {
	talking := 0
	for _, d := range a.parts {
		if d != nil && content.Speakers(d.Segments) != nil {
			talking++
		}
	}
	if talking < 2 {
		return
	}
	var known voices
	for i, d := range a.parts {
		if d == nil {
			continue
		}
		labels := a.labels(i, d, &known)
		d.Segments = slices.Clone(d.Segments)
		for k := range d.Segments {
			if label, renamed := labels[d.Segments[k].Speaker]; renamed {
				d.Segments[k].Speaker = label
			}
		}
	}
}

// labels are those that the speakers of a part get who have none of their own.
func (a assembly) labels(i int, d *content.Document, known *voices) map[string]string {
	heard := vectors(d.Metadata[Embeddings])
	labels := map[string]string{}
	taken := map[int]bool{}
	for _, label := range content.Speakers(d.Segments) {
		if !anyone.MatchString(label) {
			continue
		}
		if v := heard[label]; v != nil {
			n := known.find(v, taken)
			taken[n] = true
			labels[label] = fmt.Sprintf("Speaker_%02d", n)
			continue
		}
		labels[label] = fmt.Sprintf("Part_%d_%s", i+1, label)
	}
	return labels
}

// voices are the speakers that are told apart: the sum of each one's vectors.
type voices [][]float64

// find is the voice most like v that is not taken, a new one when none is like it.
func (k *voices) find(v []float64, taken map[int]bool) int {
	best, most := -1, sameVoice
	for n, other := range *k {
		if c := cosine(other, v); !taken[n] && c >= most {
			best, most = n, c
		}
	}
	if best < 0 {
		*k = append(*k, slices.Clone(v))
		return len(*k) - 1
	}
	for d := range v {
		(*k)[best][d] += v[d]
	}
	return best
}

func cosine(a, b []float64) float64 {
	if len(a) != len(b) {
		return -1
	}
	var ab, aa, bb float64
	for i := range a {
		ab, aa, bb = ab+a[i]*b[i], aa+a[i]*a[i], bb+b[i]*b[i]
	}
	if aa == 0 || bb == 0 {
		return -1
	}
	return ab / math.Sqrt(aa*bb)
}

// vectors reads the voices of a part, as vectors of length 1. What is no list of numbers is
// none.
func vectors(v any) map[string][]float64 {
	given, _ := v.(map[string]any)
	all := map[string][]float64{}
	for _, label := range slices.Sorted(maps.Keys(given)) {
		list, _ := given[label].([]any)
		vector, sum := make([]float64, len(list)), 0.0
		for i, x := range list {
			vector[i], _ = number(x)
			sum += vector[i] * vector[i]
		}
		if sum == 0 {
			continue
		}
		for i := range vector {
			vector[i] /= math.Sqrt(sum)
		}
		all[label] = vector
	}
	return all
}
