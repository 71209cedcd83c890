package openai

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"morag/internal/embed"
	"morag/internal/embed/embedtest"
)

const (
	key            = "test-key"
	modelDimension = 48
)

// fake speaks POST /v1/embeddings, and refuses what OpenAI refuses. It answers the
// vectors in reverse order, which their index allows.
type fake struct {
	url               string
	encoding          string
	open              atomic.Bool // to callers without a key
	ignoresDimensions atomic.Bool
	failing           atomic.Int32 // so many requests fail

	mu   sync.Mutex // guards past
	past []request
}

type request struct {
	authorization  string
	Model          string
	Input          []string
	Dimensions     int
	EncodingFormat string `json:"encoding_format"`
}

func newFake(t *testing.T, encoding string) *fake {
	t.Helper()
	f := &fake{encoding: encoding}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

func connect(t *testing.T, f *fake, c Config) embed.Embedder {
	t.Helper()
	c.BaseURL = f.url + "/v1"
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
	asked := request{authorization: r.Header.Get("Authorization")}
	err := json.NewDecoder(io.LimitReader(r.Body, 10<<20)).Decode(&asked)
	f.mu.Lock()
	f.past = append(f.past, asked)
	f.mu.Unlock()

	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/v1/embeddings":
		refuse(w, 404, "Invalid URL ("+r.URL.Path+")")
	case !f.open.Load() && asked.authorization != "Bearer "+key:
		refuse(w, 401, "Incorrect API key provided.")
	case f.failing.Add(-1) >= 0:
		w.Header().Set("Retry-After-Ms", "20")
		w.Header().Set("X-Should-Retry", "true")
		refuse(w, 429, "Rate limit reached.")
	case err != nil || asked.Model == "" || len(asked.Input) == 0 || len(asked.Input) > 2048:
		refuse(w, 400, "'$.input' is invalid.")
	case slices.ContainsFunc(asked.Input, func(text string) bool { return strings.TrimSpace(text) == "" || len(text) > 1<<14 }):
		refuse(w, 400, "'$.input' is invalid: empty, or more than 8192 tokens.")
	default:
		f.answer(w, asked)
	}
}

func (f *fake) answer(w http.ResponseWriter, asked request) {
	dimension := modelDimension
	if asked.Dimensions > 0 && !f.ignoresDimensions.Load() {
		dimension = asked.Dimensions
	}
	var data []map[string]any
	for i, text := range slices.Backward(asked.Input) {
		data = append(data, map[string]any{"object": "embedding", "index": i, "embedding": f.encode(embedtest.Vector(text, dimension))})
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{
		"object": "list", "data": data, "model": asked.Model,
		"usage": map[string]any{"prompt_tokens": 1, "total_tokens": 1},
	})
}

func (f *fake) encode(vector []float32) any {
	if f.encoding == "float" {
		return vector
	}
	bytes, err := binary.Append(nil, binary.LittleEndian, vector)
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(bytes)
}

func refuse(w http.ResponseWriter, code int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{
		"message": message, "type": "invalid_request_error", "param": nil, "code": nil,
	}})
}
