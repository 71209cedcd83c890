package app_test

import (
	"path/filepath"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/embed/local/localtest"
	"morag/internal/wire"
)

// TestLocalEmbedder: documents are found by the vectors of a model in a folder.
func TestLocalEmbedder(t *testing.T) {
	t.Parallel()
	folder := localtest.Folder(t)
	for name, model := range map[string]string{"by its path": folder, "by its name": "tiny"} {
		settings := apptest.Settings(t)
		settings.Embedding.Embedder, settings.Embedding.EmbeddingModel = "local", model
		settings.Embedding.ModelsDir = filepath.Dir(folder)
		s := apptest.Start(t, settings)
		ingest(t, s, write(t, "tide.md", "the tide turns at noon"), client.IngestOptions{})
		found, err := s.Search(t.Context(), wire.Search{Query: "the tide turns at noon", Mode: "vectors"})
		if err != nil || len(found.Results) != 1 || !(found.Results[0].Score > 0.9) {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
}

func TestLocalEmbedderRefusals(t *testing.T) {
	t.Parallel()
	settings := apptest.Settings(t)
	settings.Embedding.Embedder = "local"
	if _, err := apptest.TryStart(t, settings); err == nil || !strings.Contains(err.Error(), filepath.Join("models", "all-MiniLM-L6-v2")) {
		t.Errorf("without a model: %v", err)
	}
	settings.Embedding.EmbeddingModel, settings.Embedding.EmbeddingDimension = localtest.Folder(t), 31
	if _, err := apptest.TryStart(t, settings); err == nil || !strings.Contains(err.Error(), "MORAG_EMBEDDING_DIMENSION is 31") {
		t.Errorf("another dimension: %v", err)
	}
}
