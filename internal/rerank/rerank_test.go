package rerank

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
)

// serve is a service of one API, which refuses requests of the other, and how often it was
// asked.
func serve(t *testing.T, path string, answer func(body map[string]any) (int, any)) (url string, asked *[]map[string]any) {
	t.Helper()
	asked = &[]map[string]any{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		if r.URL.Path != path || r.Header.Get("Authorization") != "Bearer secret" || json.NewDecoder(r.Body).Decode(&body) != nil {
			http.Error(w, "what?", http.StatusNotFound)
			return
		}
		*asked = append(*asked, body)
		status, out := answer(body)
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

// tei speaks as text-embeddings-inference does, cohere as Cohere and Jina do. The longer a
// text, the better, and the best comes first.
func tei(body map[string]any) (int, any) {
	if body["texts"] == nil || body["documents"] != nil {
		return http.StatusUnprocessableEntity, map[string]any{"error": "missing field `texts`"}
	}
	return http.StatusOK, []any{
		map[string]any{"index": 1, "score": 0.9}, map[string]any{"index": 0, "score": 0.2},
	}
}

func cohere(body map[string]any) (int, any) {
	if body["documents"] == nil || body["top_n"] != 2.0 {
		return http.StatusBadRequest, map[string]any{"message": "documents is missing"}
	}
	return http.StatusOK, map[string]any{"id": "x", "results": []any{
		map[string]any{"index": 1, "relevance_score": 0.9}, map[string]any{"index": 0, "relevance_score": 0.2},
	}}
}

func TestBothAPIs(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		path, at string
		api      func(map[string]any) (int, any)
		asks     int // the first time, once it is to find out
	}{
		"tei":                 {"/rerank", "", tei, 2},
		"cohere":              {"/v2/rerank", "/v2", cohere, 1},
		"jina, whole address": {"/v1/rerank", "/v1/rerank", cohere, 1},
		"tei, a slash":        {"/rerank", "/rerank/", tei, 2},
	} {
		url, asked := serve(t, tt.path, tt.api)
		c := New(Config{URL: url + tt.at, APIKey: "secret", Model: "small"})
		for i := range 2 {
			scores, err := c.Rerank(t.Context(), "why?", []string{"no", "because"})
			if diff := gocmp.Diff([]float64{0.2, 0.9}, scores); diff != "" || err != nil {
				t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
			}
			if len(*asked) != tt.asks+i {
				t.Errorf("%s: asked %d times", name, len(*asked))
			}
		}
	}
}

func TestScoresThatAreNone(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string][]float64{
		`[{"index":0,"score":0},{"index":1,"score":1}]`:                         {0, 1},
		`[{"index":0,"score":0},{"index":1,"score":-1000}]`:                     {0.5, 0},
		`{"results":[{"index":1,"score":0.5},{"index":0,"score":0.25}]}`:        {0.25, 0.5},
		`[{"index":0,"score":0.5}]`:                                             nil,
		`[{"index":0,"score":0.5},{"index":0,"score":0.5}]`:                     nil,
		`[{"index":0,"score":0.5},{"index":2,"score":0.5}]`:                     nil,
		`[{"index":0,"score":0.5},{"index":-1,"score":0.5}]`:                    nil,
		`[{"index":0,"score":0.5},{"index":1}]`:                                 nil,
		`[{"index":0,"score":0.5},{"index":1,"score":1},{"index":1,"score":1}]`: nil,
		`{}`: nil, `<html>`: nil, ``: nil, `null`: nil,
	} {
		scores, err := parse([]byte(answer), 2)
		if diff := gocmp.Diff(want, scores); diff != "" || (err == nil) != (want != nil) {
			t.Errorf("%s: %v (-want +got):\n%s", answer, err, diff)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`[{"index":0,"score":0},{"index":1,"score":1e400}]`))
	f.Add([]byte(`{"results":[{"index":1,"relevance_score":-5},{"index":0,"relevance_score":7}]}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		scores, err := parse(answer, 2)
		if err != nil {
			return
		}
		for _, s := range scores {
			if !(s >= 0 && s <= 1) {
				t.Errorf("%q has the score %v", answer, s)
			}
		}
	})
}

func TestUnavailable(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		say    string
	}{
		"wrong key": {http.StatusUnauthorized, "the reranker is unavailable: it answered 401 Unauthorized"},
		"neither":   {http.StatusBadRequest, "the reranker is unavailable: it answered 400 Bad Request"},
		"nonsense":  {http.StatusOK, "the reranker is unavailable"},
	} {
		url, _ := serve(t, "/rerank", func(map[string]any) (int, any) { return tt.status, "http://inner" })
		_, err := New(Config{URL: url, APIKey: "secret"}).Rerank(t.Context(), "why?", []string{"a"})
		if !errors.Is(err, ErrUnavailable) || err.Error() != tt.say {
			t.Errorf("%s: got %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	}))
	defer s.Close()
	if _, err := New(Config{URL: s.URL}).Rerank(ctx, "why?", []string{"a"}); !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("late: got %v", err)
	}
}

func TestLongTextsAreCut(t *testing.T) {
	t.Parallel()
	url, asked := serve(t, "/rerank", cohere)
	_, err := New(Config{URL: url, APIKey: "secret"}).Rerank(t.Context(), "why?", []string{"x" + strings.Repeat("ä", MaxText), strings.Repeat("x", MaxText)})
	if err != nil {
		t.Fatal(err)
	}
	sent := (*asked)[0]["documents"].([]any)
	if first := sent[0].(string); len(first) != MaxText-1 || !utf8.ValidString(first) || len(sent[1].(string)) != MaxText {
		t.Errorf("sent %d and %d bytes", len(first), len(sent[1].(string)))
	}
}
