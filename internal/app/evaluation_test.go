package app_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"morag/internal/app"
	"morag/internal/config"
	"morag/internal/eval"
)

// floors are what the search of a server with its defaults reaches on the collection of
// this repository, which asks in English, German and Japanese, a little below what it was
// when last measured: nDCG@10.
var floors = map[string]float64{eval.Plain: 0.6, "words": 0.97, "vectors": 0.93, "hybrid": 0.97}

func TestSearchFindsAsWellAsItDid(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "eval", "testdata", "harbour")
	documents := read(t, filepath.Join(dir, "corpus.jsonl"), eval.ReadDocuments)
	e, err := app.OpenEvaluation(t.Context(), config.Embedding{}, config.Rerank{}, "", documents)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	c := eval.Collection{
		Documents:  documents,
		Questions:  read(t, filepath.Join(dir, "queries.jsonl"), eval.ReadQuestions),
		Judgements: read(t, filepath.Join(dir, "qrels.tsv"), eval.ReadJudgements),
	}
	results, err := c.Run(t.Context(), e.Systems()...)
	if err != nil || len(results) != len(floors) {
		t.Fatal(results, err)
	}
	for _, r := range results {
		t.Logf("%s: nDCG@10 %.3f, MAP %.3f, recall@100 %.3f", r.Name, r.NDCG, r.MAP, r.Recall)
		if r.NDCG < floors[r.Name] {
			t.Errorf("%s: nDCG@10 is %.3f, below %.3f", r.Name, r.NDCG, floors[r.Name])
		}
	}
}

func read[T any](t *testing.T, path string, read func(io.Reader) (T, error)) T {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	content, err := read(f)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
