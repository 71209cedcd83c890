package word

import (
	"cmp"
	"math"
	"runtime"
	"slices"
)

// What the best chunks have to say besides the words of a question tells what that is about:
// pseudo-relevance feedback (Lavrenko and Croft, "Relevance-Based Language Models", 2001),
// within BM25 and sharp, so that a chunk far ahead of the others is not overtaken. Chosen by
// morag eval, where the neighbours of these numbers do about as well.
const (
	// FeedbackChunks is how many of the best chunks are looked at. Of fewer nothing is learned.
	FeedbackChunks = 10
	feedbackTerms  = 20
	// feedbackShare is how much a chunk with all related terms gets for them, beside one with
	// all words of the question.
	feedbackShare = 0.5
	// feedbackSharpness is the power of a chunk's score by which its terms count.
	feedbackSharpness = 4
)

// Related is a term that goes with a question, and how much it counts.
type Related struct {
	term   uint32
	weight float64
}

// Sample is a chunk that matches a question well.
type Sample struct {
	Text  Text
	Score float64
}

// Related finds terms that go with a question, by the chunks that match it best: what many
// of them have and few others do. There are none when there are fewer than FeedbackChunks.
func (s *Snapshot) Related(question string, best []Sample) []Related {
	if len(best) < FeedbackChunks {
		return nil
	}
	asked := make(map[uint32]bool)
	for _, t := range s.asked(question) {
		for _, f := range t.forms {
			asked[f] = true
		}
	}
	weights := make(map[uint32]float64)
	for _, sample := range best {
		c := s.vocabulary.chunk(Text{Content: sample.Text.Content, Language: sample.Text.Language}, s.vocabulary.look)
		for _, e := range c.entries {
			if !asked[e.term] {
				weights[e.term] += math.Pow(sample.Score/best[0].Score, feedbackSharpness) * float64(e.count) / float64(c.length)
			}
		}
	}
	related := make([]Related, 0, len(weights))
	for term, weight := range weights {
		related = append(related, Related{term, weight * s.rarity([]uint32{term})})
	}
	runtime.KeepAlive(s)
	slices.SortFunc(related, func(a, b Related) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.term, b.term))
	})
	return slices.Clip(related[:min(len(related), feedbackTerms)])
}

// rarity is the weight of a term that stands in so many chunks as any of the forms do.
func (s *Snapshot) rarity(forms []uint32) float64 {
	in := 0.0
	for _, p := range s.parts {
		for _, f := range forms {
			if l, ok := p.list(f); ok {
				in += float64(l.chunks)
			}
		}
	}
	all := float64(s.chunks)
	in = min(in, all)
	return math.Log(1 + (all-in+0.5)/(in+0.5))
}
