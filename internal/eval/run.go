package eval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// System is a search that is measured.
type System struct {
	Name string
	// Search returns the ids of up to n documents, the best first.
	Search func(ctx context.Context, text string, n int) ([]string, error)
}

// Result is what a system reached over all questions.
type Result struct {
	Name string `json:"name"`
	Quality
	// Times are the NDCG in those of plain BM25, 0 without that.
	Times float64 `json:"times_bm25,omitempty"`
	// P50 is the median time of a question, in milliseconds.
	P50 float64 `json:"p50_ms"`
}

// Plain is the name of the result of the plain BM25.
const Plain = "plain BM25"

// ErrNothing: no question has a judgement.
var ErrNothing = errors.New("no question has a document that was judged to answer it")

// Collection is what systems are measured by.
type Collection struct {
	Documents  []Document // none: there is no plain BM25 to compare with
	Questions  []Question
	Judgements Judgements
	Now        func() time.Time // nil for time.Now
}

// Run asks each system every question that has judgements, and before them the plain BM25
// over the documents. [ErrNothing], or the error of a system.
func (c Collection) Run(ctx context.Context, systems ...System) ([]Result, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	documents, questions, judged := c.Documents, c.Questions, c.Judgements
	questions = slices.DeleteFunc(slices.Clone(questions), func(q Question) bool { return len(judged[q.ID]) == 0 })
	if len(questions) == 0 {
		return nil, ErrNothing
	}
	if len(documents) > 0 {
		systems = append([]System{{Plain, newPlain(documents).Search}}, systems...)
	}
	var results []Result
	for _, s := range systems {
		r, err := ask(ctx, s, questions, judged, c.Now)
		if err != nil {
			return nil, err
		}
		if len(documents) > 0 && len(results) > 0 {
			r.Times = r.NDCG / results[0].NDCG
		}
		results = append(results, r)
	}
	return results, nil
}

func ask(ctx context.Context, s System, questions []Question, judged Judgements, now func() time.Time) (Result, error) {
	r := Result{Name: s.Name}
	var times []time.Duration
	n := float64(len(questions))
	for _, q := range questions {
		start := now()
		answer, err := s.Search(ctx, q.Text, Depth)
		if err != nil {
			return r, fmt.Errorf("ask %s question %s: %w", s.Name, q.ID, err)
		}
		times = append(times, now().Sub(start))
		quality := measure(answer, judged[q.ID])
		r.NDCG += quality.NDCG / n
		r.MAP += quality.MAP / n
		r.Recall += quality.Recall / n
	}
	slices.SortFunc(times, cmp.Compare[time.Duration])
	r.P50 = float64(times[len(times)/2].Microseconds()) / 1000
	return r, nil
}
