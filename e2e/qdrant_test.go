package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"morag/internal/index/qdrant/qdranttest"
	"morag/internal/wire"
)

// TestSeveralServersWithQdrant: what one has stored there another finds, also after a start; when
// it is away searches are answered 503 but for those by words, and what is ingested meanwhile is
// found when it is back.
func TestSeveralServersWithQdrant(t *testing.T) {
	t.Parallel()
	qdrant := qdranttest.Start(t)
	all := startSeveral(t, 2, "--vector-url", qdrant.URL, "--vector-api-key", qdranttest.Key)
	a, b := all.servers[0], all.servers[1]
	near := func(s *server) int {
		t.Helper()
		found := must[wire.Found](t)(s.Search(context.Background(), wire.Search{Query: "herons in reeds", Mode: "vectors"}))
		return len(found.Results)
	}
	a.succeeded(a.ingestText("one", "The heron stands in the reed."))
	if near(a) != 1 || near(b) != 1 || qdrant.Points() != 1 {
		t.Errorf("%d and %d are found, %d are there", near(a), near(b), qdrant.Points())
	}
	b.crash()
	b.awaitReady()
	if n := near(b); n != 1 {
		t.Errorf("%d are found after a start", n)
	}

	qdrant.Down(true)
	resp, err := http.Post(b.url+"/api/v1/search", "application/json", strings.NewReader(`{"query": "heron", "mode": "vectors"}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
		t.Errorf("without Qdrant: %d, Retry-After %q", resp.StatusCode, resp.Header.Get("Retry-After"))
	}
	task := a.ingestText("two", "Two herons stand in the reed.")
	qdrant.Down(false)
	a.succeeded(task)
	if n := near(b); n != 2 {
		t.Errorf("%d are found when Qdrant is back", n)
	}
}
