package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/wire"
)

// TestAnotherEmbedder goes over to a service and back: what the settings no longer name is
// asked as long as it can be, then searches are by words, and say so; documents come all
// the while.
func TestAnotherEmbedder(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Input []string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		var data []map[string]any
		for i := range in.Input {
			data = append(data, map[string]any{"object": "embedding", "index": i, "embedding": []float32{1, 2, 3, 4}})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"object": "list", "data": data})
	}))
	defer service.Close()
	hashed := apptest.Settings(t)
	s := apptest.Start(t, hashed)
	put := func(name, text string) { ingest(t, s, write(t, name, text), client.IngestOptions{}) }
	check := func(when, state, searched string, byWords bool, words ...string) {
		t.Helper()
		st, err := s.ReindexStatus(t.Context())
		if err != nil || st.State != state || st.Searched != searched {
			t.Errorf("%s: %+v (%v)", when, st, err)
		}
		for _, word := range words {
			found, err := s.Search(t.Context(), wire.Search{Query: word})
			if err != nil || len(found.Results) == 0 || !strings.Contains(found.Results[0].Content, word) {
				t.Errorf("%s: found %v for %s (%v)", when, found.Results, word, err)
			}
			warned := slices.ContainsFunc(found.Warnings, func(w string) bool { return strings.Contains(w, "by words only until morag reindex is done") })
			if warned != byWords {
				t.Errorf("%s: warnings %q", when, found.Warnings)
			}
		}
	}
	put("heron.txt", "The heron fishes at dawn.")
	check("at first", "current", "hash-v1-512", false, "heron")
	s.Stop()

	served := hashed
	served.Embedding.Embedder, served.Embedding.OpenAIBaseURL, served.Embedding.EmbeddingModel = "openai", service.URL+"/v1", "four"
	s = apptest.Start(t, served)
	check("offered", "offered", "hash-v1-512", false, "heron")
	eventually(t, "the start offers it", func() bool {
		return strings.Contains(s.Log(), "morag reindex has the new one embed them in the background")
	})
	put("boat.txt", "The boat leaves at noon.")
	check("not begun", "offered", "hash-v1-512", false, "heron", "boat")
	if _, err := s.StartReindex(t.Context()); err != nil {
		t.Fatal(err)
	}
	current := func() bool {
		st, err := s.ReindexStatus(t.Context())
		return err == nil && st.State == "current"
	}
	eventually(t, "searches use the service's vectors", current)
	put("tide.txt", "The tide turns at night.")
	check("done", "current", "openai/four", false, "heron", "boat", "tide")
	s.Stop()

	s = apptest.Start(t, hashed) // which does not say where the service is
	put("gull.txt", "The gull sleeps.")
	check("without the service", "offered", "openai/four", true, "heron", "gull")
	s.Stop()
	hashed.Embedding.Reindex = true
	s = apptest.Start(t, hashed)
	eventually(t, "searches use the first embedder again", current)
	check("back", "current", "hash-v1-512", false, "heron", "boat", "tide", "gull")
}
