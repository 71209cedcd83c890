package gemini

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"morag/internal/embed"
	"morag/internal/embed/embedtest"
)

const key = "test-key"

// fake speaks batchEmbedContents of the Gemini API, and refuses what that refuses:
// ai.google.dev/api/embeddings.
type fake struct {
	url         string
	failing     atomic.Int32 // so many requests fail
	quotaUsedUp atomic.Bool

	mu   sync.Mutex // guards past
	past []request
}

type request struct {
	path     string
	Requests []embedRequest
}

type embedRequest struct {
	Model   string
	Content struct {
		Parts []struct{ Text string }
	}
	TaskType             string
	OutputDimensionality int
}

func (r embedRequest) text() string { return r.Content.Parts[0].Text }

func newFake(t *testing.T) *fake {
	t.Helper()
	f := new(fake)
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

func connect(t *testing.T, f *fake, c Config) embed.Embedder {
	t.Helper()
	c.BaseURL = f.url
	if c.APIKey == "" {
		c.APIKey = key
	}
	e, err := New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (f *fake) seen() []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.past
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asked := request{path: r.URL.Path}
	err := json.NewDecoder(io.LimitReader(r.Body, 4<<20)).Decode(&asked)
	f.mu.Lock()
	f.past = append(f.past, asked)
	f.mu.Unlock()

	model, ok := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/v1beta/"), ":batchEmbedContents")
	switch {
	case f.quotaUsedUp.Load():
		refuse(w, 429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", map[string]any{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37s"})
	case f.failing.Add(-1) >= 0:
		refuse(w, 503, "UNAVAILABLE", "The model is overloaded.", nil)
	case r.Header.Get("X-Goog-Api-Key") != key:
		refuse(w, 400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", map[string]any{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"})
	case r.Method != http.MethodPost || !ok || model != "models/gemini-embedding-001":
		refuse(w, 404, "NOT_FOUND", model+" is not found for API version v1beta", nil)
	case err != nil || len(asked.Requests) == 0:
		refuse(w, 400, "INVALID_ARGUMENT", "Invalid JSON payload received.", nil)
	case len(asked.Requests) > 100:
		refuse(w, 400, "INVALID_ARGUMENT", "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n", nil)
	default:
		answer(w, model, asked.Requests)
	}
}

func answer(w http.ResponseWriter, model string, requests []embedRequest) {
	type embedding struct {
		Values []float32 `json:"values"`
	}
	embeddings := make([]embedding, len(requests))
	for i, request := range requests {
		if request.Model != model || len(request.Content.Parts) != 1 || request.text() == "" {
			refuse(w, 400, "INVALID_ARGUMENT", "* EmbedContentRequest.content: contents is not specified\n", nil)
			return
		}
		embeddings[i].Values = embedtest.Vector(request.text(), request.OutputDimensionality)
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	json.NewEncoder(w).Encode(map[string]any{"embeddings": embeddings})
}

func refuse(w http.ResponseWriter, code int, status, message string, detail map[string]any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{
		"code": code, "message": message, "status": status, "details": []any{detail},
	}})
}
