package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"morag/internal/auth"
	"morag/internal/chunk"
	"morag/internal/config"
	"morag/internal/document"
	"morag/internal/embed"
	"morag/internal/eval"
	"morag/internal/index"
	indexsqlite "morag/internal/index/sqlite"
	"morag/internal/search"
	"morag/internal/sqlite"
)

// Evaluation is the search of a server over a collection of texts, in a folder of its own
// and without the server, so that it can be measured.
type Evaluation struct {
	embedder embed.Embedder
	index    *indexsqlite.Index
	search   *search.Service
	reranked bool
	close    []func() error // the last first
}

// OpenEvaluation cuts, embeds and indexes the documents as an ingestion does, with its
// defaults; dataDir is where a model may lie, and nothing is written there. It must be closed.
func OpenEvaluation(ctx context.Context, set config.Embedding, rerank config.Rerank, dataDir string, documents []eval.Document) (*Evaluation, error) {
	e := &Evaluation{}
	if err := e.open(ctx, set, dataDir); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	summaries := make(shown, len(documents))
	for _, d := range documents {
		if err := e.add(ctx, d); err != nil {
			return nil, errors.Join(fmt.Errorf("index document %s: %w", d.ID, err), e.Close())
		}
		summaries[d.ID] = document.Summary{ID: d.ID, Title: d.Title, Metadata: json.RawMessage("{}")}
	}
	e.reranked = rerank.RerankURL != ""
	e.search = search.New(withReranker(
		search.Config{Index: e.index, Documents: summaries, Embedder: e.embedder, Lexical: lexical}, rerank))
	return e, nil
}

func (e *Evaluation) open(ctx context.Context, set config.Embedding, dataDir string) (err error) {
	if e.embedder, err = newEmbedder(ctx, set, dataDir); err != nil {
		return err
	}
	e.close = append(e.close, func() error { return closeEmbedder(e.embedder) })
	dir, err := os.MkdirTemp("", "morag-eval-")
	if err != nil {
		return err
	}
	e.close = append(e.close, func() error { return os.RemoveAll(dir) })
	db, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(dir, "morag.db")})
	if err != nil {
		return err
	}
	e.close = append(e.close, db.Close)
	model := e.embedder.Model()
	e.index, err = indexsqlite.Open(ctx, indexsqlite.Config{DB: db, Model: model.Name, Dimension: model.Dimension})
	if err != nil {
		return err
	}
	e.close = append(e.close, e.index.Close)
	<-e.index.Loaded()
	return e.index.Ready()
}

// add indexes one document; it is its only version.
func (e *Evaluation) add(ctx context.Context, d eval.Document) error {
	cut, err := chunk.Split(d.Text, nil, chunk.Default(), nil)
	if err != nil || len(cut) == 0 {
		return err
	}
	texts := make([]string, len(cut))
	for i, c := range cut {
		texts[i] = c.Text
	}
	vectors, err := e.embedder.Embed(ctx, embed.Passage, texts)
	if err != nil {
		return err
	}
	chunks := make([]index.Chunk, len(cut))
	for i, c := range cut {
		chunks[i] = index.Chunk{Index: i, Content: c.Text, Vector: vectors[i]}
	}
	v := index.Version{Name: d.ID, DocumentID: d.ID, ContentType: "document", ProcessingMethod: "local", Chunks: len(chunks),
		Metadata: map[string]any{"title": d.Title}}
	if err := e.index.Stage(ctx, v, chunks); err != nil {
		return err
	}
	return e.index.Switch(ctx, v.Name, "")
}

// Systems are the ways to search that are measured.
func (e *Evaluation) Systems() []eval.System {
	var systems []eval.System
	for _, mode := range []search.Mode{search.Words, search.Vectors, search.Hybrid} {
		systems = append(systems, e.system(string(mode), search.Query{Mode: mode, WithoutReranker: true}))
	}
	if e.reranked {
		systems = append(systems, e.system("reranked", search.Query{}))
	}
	return systems
}

// system is a search as q says. One that goes without a service that it needs is an error:
// its numbers would be another's.
func (e *Evaluation) system(name string, q search.Query) eval.System {
	return eval.System{Name: name, Search: func(ctx context.Context, text string, n int) ([]string, error) {
		q.Text, q.Limit = text, n
		found, err := e.search.Search(ctx, auth.Scope{}, q)
		if err != nil {
			return nil, err
		}
		if len(found.Warnings) > 0 {
			return nil, errors.New(found.Warnings[0])
		}
		var ids []string
		for _, h := range found.Hits {
			ids = append(ids, h.DocumentID)
		}
		return eval.Once(ids), nil
	}}
}

// Close removes everything.
func (e *Evaluation) Close() (err error) {
	for _, step := range slices.Backward(e.close) {
		err = errors.Join(err, step())
	}
	e.close = nil
	return err
}

// shown are documents that do not change.
type shown map[string]document.Summary

// Current implements [search.Documents].
func (s shown) Current(context.Context, []string, int) (map[string]document.Summary, error) {
	return s, nil
}
