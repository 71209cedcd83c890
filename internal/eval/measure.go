package eval

import (
	"math"
	"slices"
)

// Depth is how many documents of an answer count.
const Depth = 100

// Quality is how well answers are, from 0 to 1: of one question, or the mean of many.
type Quality struct {
	// NDCG is the normalized discounted cumulative gain of the first ten documents
	// (Järvelin and Kekäläinen, TOIS 2002): gain is the judgement, discount the binary
	// logarithm of the rank and 1, as trec_eval and BEIR have it.
	NDCG float64 `json:"ndcg@10"`
	// MAP is the mean of the average precisions.
	MAP float64 `json:"map"`
	// Recall is the share of the judged documents among the first hundred.
	Recall float64 `json:"recall@100"`
}

// measure judges one answer, documents the best first, of a question with at least one
// document that answers it.
func measure(answer []string, judged map[string]int) Quality {
	var gain, precisions float64
	found := 0
	seen := map[string]bool{}
	for i, id := range answer[:min(len(answer), Depth)] {
		score := judged[id]
		if score <= 0 || seen[id] {
			continue
		}
		seen[id] = true
		found++
		precisions += float64(found) / float64(i+1)
		if i < 10 {
			gain += discounted(score, i)
		}
	}
	relevant := float64(len(judged))
	return Quality{NDCG: gain / idealGain(judged), MAP: precisions / relevant, Recall: float64(found) / relevant}
}

// idealGain is that of the best possible answer.
func idealGain(judged map[string]int) (gain float64) {
	var scores []int
	for _, score := range judged {
		scores = append(scores, score)
	}
	slices.Sort(scores)
	slices.Reverse(scores)
	for i, score := range scores[:min(len(scores), 10)] {
		gain += discounted(score, i)
	}
	return gain
}

func discounted(score, place int) float64 { return float64(score) / math.Log2(float64(place+2)) }

// Once leaves out what is there before: of the hits of one document only the best counts.
func Once(ids []string) (once []string) {
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			once = append(once, id)
		}
	}
	return once
}
