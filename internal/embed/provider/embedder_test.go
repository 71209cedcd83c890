package provider

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"morag/internal/embed"
	"morag/internal/embed/embedtest"
)

const dimension = 16

var testLimits = Limits{Texts: 10, Bytes: 4000, TextBytes: 1000}

func TestEmbedder(t *testing.T) {
	t.Parallel()
	embedtest.Run(t, func(t *testing.T) embed.Embedder { return open(t, answerTexts, dimension, 0) })
}

func TestDimensionIsLearntFromTheService(t *testing.T) {
	t.Parallel()
	got := open(t, answerTexts, 0, 0).Model()
	if want := (embed.Model{Name: "plain/m", Dimension: dimension}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestOtherDimensionIsRefused(t *testing.T) {
	t.Parallel()
	vectors, err := open(t, answerTexts, dimension+1, 0).Embed(t.Context(), embed.Passage, []string{"a"})
	if !errors.Is(err, embed.ErrDimension) || vectors != nil {
		t.Errorf("got %d vectors, error %v", len(vectors), err)
	}
}

func TestAnswersThatFail(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		answer    http.HandlerFunc
		transient bool
		after     time.Duration
		want      []string // parts of the sentence
	}{
		{"rate limit", status(429, `{"error":{"message":"slow down"}}`, "Retry-After", "7"), true, 7 * time.Second, []string{"429", "slow down"}},
		{"rate limit, delay in the body", status(429, `{"error":{"details":[{"retryDelay":"3s"}]}}`), true, 3 * time.Second, []string{"429"}},
		{"server error", status(500, ""), true, 0, []string{"500 Internal Server Error"}},
		{"bad gateway", status(502, "<html>no</html>"), true, 0, []string{"502"}},
		{"unavailable", status(503, "", "Retry-After-Ms", "20"), true, 20 * time.Millisecond, []string{"503"}},
		{"overloaded, private status", status(529, ""), true, 0, []string{"529"}},
		{"request timeout", status(408, ""), true, 0, []string{"408"}},
		{"bad key", status(401, `{"error":{"message":"who?"}}`), false, 0, []string{"401", "who?", "TEST_KEY"}},
		{"bad key as Google says it", status(400, `{"error":{"details":[{"reason":"API_KEY_INVALID"}]}}`), false, 0, []string{"400", "TEST_KEY"}},
		{"forbidden", status(403, ""), false, 0, []string{"TEST_KEY"}},
		{"no such model", status(404, `{"error":"model not found"}`), false, 0, []string{"model not found", "MORAG_EMBEDDING_MODEL", "TEST_ADDRESS"}},
		{"bad request", status(400, ""), false, 0, []string{"MORAG_EMBEDDING_MODEL", "MORAG_EMBEDDING_DIMENSION"}},
		{"wrong method", status(405, ""), false, 0, []string{"TEST_ADDRESS"}},
		{"not implemented", status(501, ""), false, 0, []string{"TEST_ADDRESS"}},
		{"redirect", status(307, "", "Location", "https://example.org/"), false, 0, []string{"307", "TEST_ADDRESS"}},
		{"a page", status(200, "<html>Welcome</html>"), false, 0, []string{"not a JSON object", "TEST_ADDRESS"}},
		{"null", status(200, "null"), false, 0, []string{"not a JSON object"}},
		{"null in a vector", status(200, `{"vectors":[[1, null]]}`), false, 0, []string{"null in place of a number"}},
		{"null as a vector", status(200, `{"vectors":[ null]}`), false, 0, []string{"null in place of a number"}},
		{"not JSON after all", status(200, `{"vectors":[[1,`), false, 0, []string{"unexpected", "TEST_ADDRESS"}},
		{"endless", func(w http.ResponseWriter, _ *http.Request) { endless(w) }, false, 0, []string{"more than", "bytes"}},
		{"endless error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503); endless(w) }, true, 0, []string{"503"}},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, `{"vectors":`)
		}, true, 0, []string{"TEST_ADDRESS", "unexpected EOF"}},
		{"hung up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, true, 0, []string{"TEST_ADDRESS", "EOF"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			vectors, err := open(t, test.answer, dimension, 0).Embed(t.Context(), embed.Passage, []string{"a"})
			if err == nil || vectors != nil {
				t.Fatalf("got %d vectors, error %v", len(vectors), err)
			}
			if errors.Is(err, embed.ErrTransient) != test.transient {
				t.Errorf("%v: transient %t", err, !test.transient)
			}
			if transient, ok := errors.AsType[*embed.TransientError](err); ok && transient.RetryAfter != test.after {
				t.Errorf("%v: retry after %v, want %v", err, transient.RetryAfter, test.after)
			}
			for _, part := range test.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
			if len(err.Error()) > 500 || strings.Contains(err.Error(), "\n") {
				t.Errorf("not one short sentence: %q", err)
			}
		})
	}
}

func TestSlowAnswerIsTransient(t *testing.T) {
	t.Parallel()
	_, err := open(t, hang, dimension, 20*time.Millisecond).Embed(t.Context(), embed.Passage, []string{"a"})
	if !errors.Is(err, embed.ErrTransient) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestNobodyThereIsTransient(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close()
	_, err := connect(t, server.URL, dimension, 0).Embed(t.Context(), embed.Passage, []string{"a"})
	if !errors.Is(err, embed.ErrTransient) || !strings.Contains(err.Error(), "TEST_ADDRESS") {
		t.Errorf("got %v", err)
	}
}

func TestContextEndsARunningRequest(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	e := open(t, func(w http.ResponseWriter, r *http.Request) { cancel(); hang(w, r) }, dimension, 0)
	_, err := e.Embed(ctx, embed.Passage, []string{"a"})
	if !errors.Is(err, context.Canceled) || errors.Is(err, embed.ErrTransient) {
		t.Errorf("got %v", err)
	}
}

func TestFailureInALaterRequestLeavesNoVectors(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	e := open(t, func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) == 3 {
			w.WriteHeader(500)
			return
		}
		answerTexts(w, r)
	}, dimension, 0)
	vectors, err := e.Embed(t.Context(), embed.Passage, strings.Fields(strings.Repeat("word ", 45)))
	if !errors.Is(err, embed.ErrTransient) || vectors != nil || requests.Load() != 3 {
		t.Errorf("got %d vectors after %d requests, error %v", len(vectors), requests.Load(), err)
	}
}

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"https://api.example.org/v1": true, "http://localhost:11434/v1/": true,
		"": false, "localhost:11434": false, "ftp://example.org": false, "/v1": false, "http://": false, "http://a b": false,
	} {
		if err := CheckAddress("SETTING", address); (err == nil) != ok || err != nil && !strings.HasPrefix(err.Error(), "SETTING ") {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// open serves a plain service of the tests' own and connects to it.
func open(t *testing.T, answer http.HandlerFunc, dimension int, timeout time.Duration) embed.Embedder {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return connect(t, server.URL, dimension, timeout)
}

func connect(t *testing.T, address string, dimension int, timeout time.Duration) embed.Embedder {
	t.Helper()
	client := testLimits.Client(address, nil, dimension, timeout)
	e, err := New(t.Context(), Config{
		Service:   Service{Name: "plain", KeySetting: "TEST_KEY", AddressSetting: "TEST_ADDRESS"},
		Model:     "m",
		Dimension: dimension,
		Limits:    testLimits,
		Call: func(ctx context.Context, _ embed.Purpose, texts []string) ([][]float32, error) {
			var answer struct{ Vectors [][]float32 }
			err := Post(ctx, client, "", texts, &answer)
			return answer.Vectors, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// answerTexts is the service when all is well; it refuses what is over the limits.
func answerTexts(w http.ResponseWriter, r *http.Request) {
	var texts []string
	if err := json.NewDecoder(r.Body).Decode(&texts); err != nil || len(texts) == 0 || len(texts) > testLimits.Texts {
		w.WriteHeader(400)
		return
	}
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		if strings.TrimSpace(text) == "" || len(text) > testLimits.TextBytes {
			w.WriteHeader(400)
			return
		}
		vectors[i] = embedtest.Vector(text, dimension)
	}
	json.NewEncoder(w).Encode(map[string]any{"vectors": vectors})
}

func status(code int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
}

// endless writes until the client hangs up.
func endless(w io.Writer) {
	part := []byte("{" + strings.Repeat(" ", 1<<16))
	for {
		if _, err := w.Write(part); err != nil {
			return
		}
	}
}

// hang reads the request, without which the server would not see the client go.
func hang(_ http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}
