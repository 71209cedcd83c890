package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"morag/internal/app"
	"morag/internal/client"
	"morag/internal/config"
	"morag/internal/eval"
	"morag/internal/wire"
)

type evalCmd struct {
	server
	config.Embedding
	config.Rerank
	dataFolder
	Queries string `required:"" placeholder:"FILE" help:"Questions as BEIR has them (queries.jsonl)."`
	Qrels   string `required:"" placeholder:"FILE" help:"Which documents answer them (qrels.tsv)."`
	Corpus  string `placeholder:"FILE" help:"The documents (corpus.jsonl): they are indexed here and compared with a plain BM25. Without it the server is asked, whose documents must have the ids of the judgements."`
}

// Run measures how well a search finds what people have judged to be the answers.
func (c *evalCmd) Run(ctx context.Context, std streams) error {
	questions, err := readFile(c.Queries, eval.ReadQuestions)
	if err != nil {
		return err
	}
	judged, err := readFile(c.Qrels, eval.ReadJudgements)
	if err != nil {
		return err
	}
	var documents []eval.Document
	systems, done := c.systems, func() error { return nil }
	if c.Corpus != "" {
		if documents, err = readFile(c.Corpus, eval.ReadDocuments); err != nil {
			return err
		}
		own, err := app.OpenEvaluation(ctx, c.Embedding, c.Rerank, c.DataDir, documents)
		if err != nil {
			return err
		}
		done, systems = own.Close, func() ([]eval.System, error) { return own.Systems(), nil }
	}
	measured, err := systems()
	if err != nil {
		return errors.Join(err, done())
	}
	results, err := eval.Collection{Documents: documents, Questions: questions, Judgements: judged}.Run(ctx, measured...)
	if err := errors.Join(err, done()); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, results)
	}
	return table(std.out, evaluated(results))
}

func readFile[T any](path string, read func(io.Reader) (T, error)) (content T, err error) {
	f, err := os.Open(path)
	if err != nil {
		return content, err
	}
	defer f.Close()
	if content, err = read(f); err != nil {
		err = fmt.Errorf("%s is %w", path, err)
	}
	return content, err
}

// systems are the ways to search of the server.
func (c *evalCmd) systems() ([]eval.System, error) {
	api, err := c.client()
	if err != nil {
		return nil, err
	}
	var systems []eval.System
	for _, mode := range []string{"words", "vectors", "hybrid"} {
		systems = append(systems, eval.System{Name: mode, Search: asked(api, mode)})
	}
	return systems, nil
}

func asked(api *client.Client, mode string) func(context.Context, string, int) ([]string, error) {
	return func(ctx context.Context, text string, n int) ([]string, error) {
		found, err := api.Search(ctx, wire.Search{Query: text, Limit: &n, Mode: mode})
		if err != nil {
			return nil, err
		}
		var ids []string
		for _, h := range found.Results {
			ids = append(ids, h.DocumentID)
		}
		return eval.Once(ids), nil
	}
}

func evaluated(results []eval.Result) [][]string {
	rows := [][]string{{"SEARCH", "NDCG@10", "MAP", "RECALL@100", "× BM25", "P50 MS"}}
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', 3, 64) }
	for _, r := range results {
		times := "-"
		if r.Times > 0 {
			times = number(r.Times)
		}
		rows = append(rows, []string{r.Name, number(r.NDCG), number(r.MAP), number(r.Recall), times, number(r.P50)})
	}
	return rows
}
