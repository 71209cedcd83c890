package eval

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"unicode"
)

// The usual parameters of BM25 (Robertson and Zaragoza, "The Probabilistic Relevance
// Framework: BM25 and Beyond", 2009).
const (
	plainK1 = 1.2
	plainB  = 0.75
)

// plain is the BM25 that searches are compared with: words of letters and digits, in
// small letters, without English stop words and without the s of a plural. It is meant to
// be obvious, not fast.
type plain struct {
	ids      []string
	lengths  []float64
	mean     float64
	postings map[string][]posting
}

type posting struct {
	document int
	count    float64
}

func newPlain(documents []Document) *plain {
	p := &plain{postings: map[string][]posting{}}
	for i, d := range documents {
		counts := map[string]float64{}
		length := 0.0
		for _, word := range plainWords(d.Title + " " + d.Text) {
			counts[word]++
			length++
		}
		for word, count := range counts {
			p.postings[word] = append(p.postings[word], posting{i, count})
		}
		p.ids, p.lengths = append(p.ids, d.ID), append(p.lengths, length)
		p.mean += length / float64(len(documents))
	}
	return p
}

// Search is a [System]'s.
func (p *plain) Search(_ context.Context, text string, n int) ([]string, error) {
	scores := map[int]float64{}
	for _, word := range plainWords(text) {
		list := p.postings[word]
		in := float64(len(list))
		weight := math.Log(1 + (float64(len(p.ids))-in+0.5)/(in+0.5))
		for _, o := range list {
			norm := plainK1 * (1 - plainB + plainB*p.lengths[o.document]/p.mean)
			scores[o.document] += weight * o.count * (plainK1 + 1) / (o.count + norm)
		}
	}
	var ranked []int
	for d := range scores {
		ranked = append(ranked, d)
	}
	slices.SortFunc(ranked, func(a, b int) int { return cmp.Or(cmp.Compare(scores[b], scores[a]), cmp.Compare(a, b)) })
	var answer []string
	for _, d := range ranked[:min(n, len(ranked))] {
		answer = append(answer, p.ids[d])
	}
	return answer, nil
}

func plainWords(text string) (words []string) {
	for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if !plainStops[word] {
			words = append(words, singular(word))
		}
	}
	return words
}

// singular is Harman's stemmer ("How effective is suffixing?", JASIS 1991), which takes
// away the endings of plurals alone.
func singular(word string) string {
	switch {
	case len(word) < 4:
	case strings.HasSuffix(word, "ies") && !strings.HasSuffix(word, "eies") && !strings.HasSuffix(word, "aies"):
		return strings.TrimSuffix(word, "ies") + "y"
	case strings.HasSuffix(word, "es") && !strings.HasSuffix(word, "aes") && !strings.HasSuffix(word, "ees") && !strings.HasSuffix(word, "oes"):
		return strings.TrimSuffix(word, "s")
	case strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "us") && !strings.HasSuffix(word, "ss"):
		return strings.TrimSuffix(word, "s")
	}
	return word
}

// plainStops are Lucene's English ones and the words of questions.
var plainStops = func() map[string]bool {
	stops := map[string]bool{}
	for _, word := range strings.Fields(`a an and are as at be but by for if in into is it no not of on or such that the
		their then there these they this to was will with what which who whom how when where why do does did has have had
		been being can could may must should would from any some so than its`) {
		stops[word] = true
	}
	return stops
}()
