package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"morag/internal/config"
	"morag/internal/embed"
	"morag/internal/embed/gemini"
	"morag/internal/embed/hash"
	"morag/internal/embed/local"
	"morag/internal/embed/openai"
)

// newEmbedder makes the embedder that the settings choose. Who gets it calls
// [closeEmbedder] in the end.
func newEmbedder(ctx context.Context, c config.Embedding, dataDir string) (embed.Embedder, error) {
	switch c.Embedder {
	case "local":
		return openLocal(c, dataDir)
	case "gemini":
		e, err := gemini.New(ctx, gemini.Config{
			APIKey: c.GeminiAPIKey, BaseURL: c.GeminiBaseURL, Model: c.EmbeddingModel, Dimension: c.EmbeddingDimension,
		})
		if err != nil {
			return nil, err
		}
		return embed.Retry(e, embed.Policy{}), nil
	case "openai":
		e, err := openai.New(ctx, openai.Config{
			APIKey: c.OpenAIAPIKey, BaseURL: c.OpenAIBaseURL, Model: c.EmbeddingModel, Dimension: c.EmbeddingDimension,
		})
		if err != nil {
			return nil, err
		}
		return embed.Retry(e, embed.Policy{}), nil
	case "hash", "":
		return hash.New(c.EmbeddingDimension), nil
	}
	return nil, fmt.Errorf("MORAG_EMBEDDER must be hash, local, gemini or openai, not %q", c.Embedder)
}

// formerEmbedder is the embedder of the model that an index has vectors of, when the settings
// name another one by now: what they say of services and folders goes for it, too. Who gets it
// calls [closeEmbedder] in the end.
func formerEmbedder(ctx context.Context, c config.Embedding, dataDir string, used embed.Model) *embed.Former {
	former := &embed.Former{Of: used}
	c.Embedder, c.EmbeddingModel = "hash", ""
	if provider, model, ok := strings.Cut(used.Name, "/"); ok {
		c.Embedder, c.EmbeddingModel = provider, model
	} else if folder, ok := strings.CutPrefix(used.Name, "local-"); ok {
		c.Embedder, c.EmbeddingModel = "local", folder[:max(0, strings.LastIndexByte(folder, '-'))] // without its checksum
	}
	ctx, cancel := context.WithTimeout(ctx, formerTime)
	defer cancel()
	// Many services refuse to be asked for a dimension, others need it.
	for _, c.EmbeddingDimension = range []int{0, used.Dimension} {
		e, err := newEmbedder(ctx, c, dataDir)
		if err != nil {
			continue
		}
		if e.Model() == used {
			former.Embedder = e
			break
		}
		_ = closeEmbedder(e) // it was never asked
	}
	return former
}

// formerTime is how long a start waits for the service of a former embedder.
const formerTime = 5 * time.Second

// lexical tells whether an embedder compares words and no meaning.
func lexical(e embed.Embedder) bool {
	if f, ok := e.(*embed.Former); ok {
		e = f.Embedder
	}
	_, ok := e.(*hash.Embedder)
	return ok
}

// closeEmbedder frees what an embedder holds, if it holds something.
func closeEmbedder(e embed.Embedder) error {
	if f, ok := e.(*embed.Former); ok {
		e = f.Embedder
	}
	if c, ok := e.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// DefaultModel is the model of MORAG_EMBEDDER=local unless another is set.
const DefaultModel = local.DefaultName

// Models are those of MORAG_EMBEDDER=local; dir is MORAG_MODELS_DIR, "" for that of the data
// folder.
func Models(dir, dataDir string) local.Shelf {
	return local.Shelf{Dir: cmp.Or(dir, filepath.Join(dataDir, "models"))}
}

// ModelFolder is the folder of DefaultModel, "" when it is not there.
func ModelFolder(dir, dataDir string) string {
	folder, err := filepath.Abs(filepath.Join(Models(dir, dataDir).Dir, DefaultModel))
	if err != nil {
		return ""
	}
	if _, err := os.Stat(folder); err != nil {
		return ""
	}
	return folder
}

func openLocal(c config.Embedding, dataDir string) (embed.Embedder, error) {
	folder := cmp.Or(c.EmbeddingModel, DefaultModel)
	if filepath.Base(folder) == folder {
		folder = filepath.Join(Models(c.ModelsDir, dataDir).Dir, folder)
	}
	if _, err := os.Stat(folder); os.IsNotExist(err) {
		return nil, fmt.Errorf("MORAG_EMBEDDER=local: there is no model in %s: morag models pull fetches one, and MORAG_EMBEDDING_MODEL names another", folder)
	}
	e, err := local.Open(folder)
	if err != nil {
		return nil, fmt.Errorf("MORAG_EMBEDDER=local: %w", err)
	}
	if d := c.EmbeddingDimension; d != 0 && d != e.Model().Dimension {
		return nil, errors.Join(fmt.Errorf("MORAG_EMBEDDING_DIMENSION is %d, and the vectors of %s have %d numbers", d, folder, e.Model().Dimension), e.Close())
	}
	return e, nil
}
