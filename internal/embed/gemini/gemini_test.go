package gemini

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"morag/internal/embed"
	"morag/internal/embed/embedtest"
)

func TestEmbedder(t *testing.T) {
	t.Parallel()
	embedtest.Run(t, func(t *testing.T) embed.Embedder {
		return connect(t, newFake(t), Config{Dimension: 64})
	})
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	fake := newFake(t)
	e := connect(t, fake, Config{})
	if got, want := e.Model(), (embed.Model{Name: "gemini/gemini-embedding-001", Dimension: 768}); got != want {
		t.Errorf("model %+v, want %+v", got, want)
	}
	vectors, err := e.Embed(t.Context(), embed.Passage, []string{"a"})
	if err != nil || len(vectors[0]) != 768 {
		t.Fatalf("got %v, error %v", vectors, err)
	}
	if got := fake.seen()[0]; got.path != "/v1beta/models/gemini-embedding-001:batchEmbedContents" {
		t.Errorf("asked %s", got.path)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	fake := newFake(t)
	e := connect(t, fake, Config{Dimension: 128})
	if _, err := e.Embed(t.Context(), embed.Query, []string{"which mountain is high"}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Embed(t.Context(), embed.Passage, slices.Repeat([]string{"a"}, 250)); err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for i, seen := range fake.seen() {
		sizes = append(sizes, len(seen.Requests))
		want := "RETRIEVAL_DOCUMENT"
		if i == 0 {
			want = "RETRIEVAL_QUERY"
		}
		for _, request := range seen.Requests {
			if request.TaskType != want || request.OutputDimensionality != 128 {
				t.Fatalf("request %d asks %+v, want the task type %s and 128 dimensions", i, request, want)
			}
		}
	}
	if want := []int{1, 100, 100, 50}; !slices.Equal(sizes, want) {
		t.Errorf("texts per request %v, want %v", sizes, want)
	}
}

func TestOnlyTheBeginningOfALongTextIsSent(t *testing.T) {
	t.Parallel()
	fake := newFake(t)
	if _, err := connect(t, fake, Config{}).Embed(t.Context(), embed.Passage, []string{strings.Repeat("ä", 20_000)}); err != nil {
		t.Fatal(err)
	}
	if got := fake.seen()[0].Requests[0].text(); got != strings.Repeat("ä", 8192) {
		t.Errorf("sent %d bytes", len(got))
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		config Config
		want   string
	}{
		{Config{}, "MORAG_GEMINI_API_KEY"},
		{Config{APIKey: " \n"}, "MORAG_GEMINI_API_KEY"},
		{Config{APIKey: "k", BaseURL: "example.org"}, "MORAG_GEMINI_BASE_URL"},
		{Config{APIKey: "k", Dimension: -1}, "MORAG_EMBEDDING_DIMENSION"},
		{Config{APIKey: "k", Dimension: 1 << 20}, "MORAG_EMBEDDING_DIMENSION"},
		{Config{APIKey: "k", Model: "../secrets"}, "MORAG_EMBEDDING_MODEL"},
		{Config{APIKey: "k", Model: "a/b/c?d"}, "MORAG_EMBEDDING_MODEL"},
	} {
		e, err := New(t.Context(), test.config)
		if err == nil || e != nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: error %v does not name %s", test.config, err, test.want)
		}
	}
	for _, model := range []string{"gemini-embedding-2", "text-embedding-004", "models/gemini-embedding-001", "tunedModels/own-1.5"} {
		if _, err := New(t.Context(), Config{APIKey: "k", Model: model}); err != nil {
			t.Error(err)
		}
	}
}

func TestWrongKeyIsFinalAndNamesTheSetting(t *testing.T) {
	t.Parallel()
	_, err := connect(t, newFake(t), Config{APIKey: "wrong-secret"}).Embed(t.Context(), embed.Passage, []string{"a"})
	if err == nil || errors.Is(err, embed.ErrTransient) || !strings.Contains(err.Error(), "MORAG_GEMINI_API_KEY or GEMINI_API_KEY") {
		t.Errorf("got %v", err)
	}
	if strings.Contains(err.Error(), "wrong-secret") {
		t.Errorf("the key is in %q", err)
	}
}

func TestUnknownModelNamesTheSetting(t *testing.T) {
	t.Parallel()
	_, err := connect(t, newFake(t), Config{Model: "gemini-9"}).Embed(t.Context(), embed.Passage, []string{"a"})
	if err == nil || errors.Is(err, embed.ErrTransient) || !strings.Contains(err.Error(), "MORAG_EMBEDDING_MODEL") {
		t.Errorf("got %v", err)
	}
}

func TestQuotaIsTransientWithGooglesDelay(t *testing.T) {
	t.Parallel()
	fake := newFake(t)
	fake.quotaUsedUp.Store(true)
	_, err := connect(t, fake, Config{}).Embed(t.Context(), embed.Passage, []string{"a"})
	transient, ok := errors.AsType[*embed.TransientError](err)
	if !ok || !errors.Is(err, embed.ErrTransient) || transient.RetryAfter != 37*time.Second {
		t.Errorf("got %v", err)
	}
	if n := len(fake.seen()); n != 1 {
		t.Errorf("tried %d times, which is the affair of embed.Retry", n)
	}
}

func TestRetryOverGemini(t *testing.T) {
	t.Parallel()
	fake := newFake(t)
	fake.failing.Store(2)
	e := embed.Retry(connect(t, fake, Config{}), embed.Policy{Base: time.Millisecond})
	if _, err := e.Embed(t.Context(), embed.Passage, []string{"a"}); err != nil || len(fake.seen()) != 3 {
		t.Errorf("after %d requests: %v", len(fake.seen()), err)
	}
}

// FuzzAnswer lets the service answer whatever bytes: no panic, and vectors only if
// they are what was asked for.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"embeddings":[{"values":[3,4]}]}`, `{"embeddings":[{"values":[3,4,5]}]}`, `{"embeddings":[{"values":[1e39,0]}]}`,
		`{"embeddings":[{"values":["3",true]}]}`, `{"embeddings":[null]}`, `{"embeddings":{}}`, `{"embeddings":[[]]}`,
		`{"embeddings":[{"values":[3,null]}]}`, `{"sdkHttpResponse":3,"metadata":[]}`, `{"predictions":[7]}`, `null`, `{}`, `[]`, ``, `{"a":`,
		`{"embeddings":[{"values":[3,4],"statistics":{"tokenCount":"x"}}],"metadata":{"billableCharacterCount":-1}}`,
	} {
		f.Add(200, []byte(seed))
	}
	f.Add(429, []byte(`{"error":{"code":429,"details":[{"retryDelay":"9999999h"}]}}`))
	f.Add(302, []byte(``))
	f.Fuzz(func(t *testing.T, status int, answer []byte) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(max(200, status%600))
			w.Write(answer)
		}))
		defer server.Close()
		e, err := New(t.Context(), Config{APIKey: key, Dimension: 2, BaseURL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		vectors, err := e.Embed(ctx, embed.Passage, []string{"a"})
		if err != nil {
			if vectors != nil || len(err.Error()) > 1000 {
				t.Errorf("vectors %v, error %v", vectors, err)
			}
			return
		}
		length := math.Hypot(float64(vectors[0][0]), float64(vectors[0][1]))
		if len(vectors) != 1 || len(vectors[0]) != 2 || length != 0 && !(math.Abs(length-1) < 1e-5) {
			t.Errorf("accepted %v from %q", vectors, answer)
		}
	})
}
