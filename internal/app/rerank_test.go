package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/wire"
)

// TestRerankerOfTheSettings: the service that the settings name orders what a search finds,
// unless the caller does not want it; when it fails the order stands and a warning says so.
func TestRerankerOfTheSettings(t *testing.T) {
	t.Parallel()
	down := make(chan struct{})
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-down:
			http.Error(w, "down", http.StatusForbidden)
			return
		default:
		}
		var in struct{ Documents []string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		var results []map[string]any
		for i, text := range in.Documents {
			score := 0.1
			if strings.Contains(text, "pelican") {
				score = 0.9
			}
			results = append(results, map[string]any{"index": i, "relevance_score": score})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"results": results})
	}))
	defer service.Close()
	settings := apptest.Settings(t)
	settings.Rerank.RerankURL, settings.Rerank.RerankTimeout = service.URL, 60e9
	s := apptest.Start(t, settings)
	ingest(t, s, write(t, "heron.txt", "The heron fishes at dawn in the harbour."), client.IngestOptions{})
	ingest(t, s, write(t, "pelican.txt", "A pelican and a heron."), client.IngestOptions{})
	first := func(rerank bool) (name string, warnings []string) {
		t.Helper()
		found, err := s.Search(t.Context(), wire.Search{Query: "heron fishes at dawn", Rerank: &rerank})
		if err != nil || len(found.Results) != 2 {
			t.Fatal(found, err)
		}
		return *found.Results[0].Document.Name, found.Warnings
	}
	if name, warnings := first(true); name != "pelican.txt" || warnings != nil {
		t.Errorf("with it %s is first, %q", name, warnings)
	}
	if name, warnings := first(false); name != "heron.txt" || warnings != nil {
		t.Errorf("without it %s is first, %q", name, warnings)
	}
	close(down)
	if name, warnings := first(true); name != "heron.txt" || len(warnings) != 1 || !strings.Contains(warnings[0], "without it") {
		t.Errorf("when it is down %s is first, %q", name, warnings)
	}
}
