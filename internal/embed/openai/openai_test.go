package openai

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
	for _, encoding := range []string{"float", "base64"} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			embedtest.Run(t, func(t *testing.T) embed.Embedder {
				return connect(t, newFake(t, encoding), Config{APIKey: key})
			})
		})
	}
}

func TestDimensionIsAskedForOnlyIfSet(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ set, sent, got int }{{0, 0, modelDimension}, {24, 24, 24}} {
		fake := newFake(t, "float")
		e := connect(t, fake, Config{APIKey: key, Dimension: test.set})
		if _, err := e.Embed(t.Context(), embed.Passage, []string{"a"}); err != nil {
			t.Fatal(err)
		}
		if want := (embed.Model{Name: "openai/text-embedding-3-small", Dimension: test.got}); e.Model() != want {
			t.Errorf("dimension %d set: model %+v, want %+v", test.set, e.Model(), want)
		}
		for _, request := range fake.seen() {
			if request.Dimensions != test.sent {
				t.Errorf("dimension %d set: sent %d", test.set, request.Dimensions)
			}
		}
	}
}

func TestDimensionThatTheServerIgnores(t *testing.T) {
	t.Parallel()
	fake := newFake(t, "float")
	fake.ignoresDimensions.Store(true)
	_, err := connect(t, fake, Config{APIKey: key, Dimension: 24}).Embed(t.Context(), embed.Passage, []string{"a"})
	if !errors.Is(err, embed.ErrDimension) || !strings.Contains(err.Error(), "MORAG_EMBEDDING_DIMENSION") {
		t.Errorf("got %v", err)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	fake := newFake(t, "float")
	e := connect(t, fake, Config{APIKey: key, Dimension: 24})
	if _, err := e.Embed(t.Context(), embed.Passage, slices.Repeat([]string{"a"}, 70)); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Embed(t.Context(), embed.Passage, []string{strings.Repeat("ä", 20_000)}); err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, request := range fake.seen() {
		sizes = append(sizes, len(request.Input))
		if request.EncodingFormat != "" {
			t.Errorf("asked for encoding %q", request.EncodingFormat)
		}
	}
	if want := []int{32, 32, 6, 1}; !slices.Equal(sizes, want) {
		t.Errorf("texts per request %v, want %v", sizes, want)
	}
	if got := fake.seen()[3].Input[0]; got != strings.Repeat("ä", 8192) {
		t.Errorf("sent %d bytes of a long text", len(got))
	}
}

func TestOwnServerNeedsNoKey(t *testing.T) {
	t.Parallel()
	fake := newFake(t, "float")
	fake.open.Store(true)
	for _, end := range []string{"/v1", "/v1/"} {
		e, err := New(t.Context(), Config{BaseURL: fake.url + end, Model: "nomic-embed-text"})
		if err != nil {
			t.Fatalf("base URL ending in %s: %v", end, err)
		}
		if got := e.Model().Name; got != "openai/nomic-embed-text" {
			t.Errorf("model %q", got)
		}
	}
	for _, request := range fake.seen() {
		if request.authorization != "" {
			t.Errorf("sent %q", request.authorization)
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		config Config
		want   string
	}{
		{Config{}, "MORAG_OPENAI_API_KEY"},
		{Config{APIKey: "\n"}, "MORAG_OPENAI_API_KEY"},
		{Config{BaseURL: "localhost:11434/v1"}, "MORAG_OPENAI_BASE_URL"},
		{Config{APIKey: "k", Dimension: -1}, "MORAG_EMBEDDING_DIMENSION"},
		{Config{APIKey: "k", Dimension: 1 << 20}, "MORAG_EMBEDDING_DIMENSION"},
	} {
		e, err := New(t.Context(), test.config)
		if err == nil || e != nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: error %v does not name %s", test.config, err, test.want)
		}
	}
}

func TestWrongKeyStopsTheStart(t *testing.T) {
	t.Parallel()
	_, err := New(t.Context(), Config{APIKey: "wrong", BaseURL: newFake(t, "float").url + "/v1"})
	if err == nil || errors.Is(err, embed.ErrTransient) || !strings.Contains(err.Error(), "check MORAG_OPENAI_API_KEY") {
		t.Errorf("got %v", err)
	}
}

func TestRateLimitIsTransientWithItsDelay(t *testing.T) {
	t.Parallel()
	fake := newFake(t, "float")
	fake.failing.Store(100)
	_, err := connect(t, fake, Config{APIKey: key, Dimension: 24}).Embed(t.Context(), embed.Passage, []string{"a"})
	transient, ok := errors.AsType[*embed.TransientError](err)
	if !ok || transient.RetryAfter != 20*time.Millisecond {
		t.Errorf("got %v", err)
	}
	if n := len(fake.seen()); n != 1 {
		t.Errorf("tried %d times, which is the affair of embed.Retry", n)
	}
}

func TestRetryOverOpenAI(t *testing.T) {
	t.Parallel()
	fake := newFake(t, "float")
	fake.failing.Store(2)
	e := embed.Retry(connect(t, fake, Config{APIKey: key, Dimension: 24}), embed.Policy{Base: time.Millisecond})
	if _, err := e.Embed(t.Context(), embed.Passage, []string{"a"}); err != nil || len(fake.seen()) != 3 {
		t.Errorf("after %d requests: %v", len(fake.seen()), err)
	}
}

func TestEnvironmentIsNotRead(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "from the environment")
	t.Setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/")
	t.Setenv("OPENAI_ORG_ID", "org")
	fake := newFake(t, "float")
	connect(t, fake, Config{APIKey: key})
	if got := fake.seen()[0].authorization; got != "Bearer "+key {
		t.Errorf("sent %q", got)
	}
}

// FuzzAnswer lets the service answer whatever bytes: no panic, and vectors only if
// they are what was asked for.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"data":[{"index":0,"embedding":[3,4]},{"index":1,"embedding":[1,0]}]}`,
		`{"data":[{"index":1,"embedding":[3,4]},{"index":1,"embedding":[1,0]}]}`,
		`{"data":[{"index":0,"embedding":[3,4]},{"index":2,"embedding":[1,0]}]}`,
		`{"data":[{"index":-1,"embedding":[3,4]},{"index":0.5,"embedding":[1,0]}]}`,
		`{"data":[{"index":0,"embedding":"AADAfwAAgL4="},{"index":1,"embedding":"AAAAPwAAgL4="}]}`,
		`{"data":[{"index":0,"embedding":"AQ=="},{"index":1,"embedding":"?"}]}`,
		`{"data":[{"index":0,"embedding":[1e400,0]},{"index":1,"embedding":[[1],[2]]}]}`,
		`{"data":[{"index":0,"embedding":[null,1]},{"index":1,"embedding":["1",true]}]}`,
		`{"data":[null,{}]}`, `{"data":{}}`, `{"data":"x"}`, `{"error":{"message":"m"}}`, `null`, `{}`, `[]`, ``, `{"a":`,
	} {
		f.Add(200, []byte(seed))
	}
	f.Add(429, []byte(`{"error":"slow"}`))
	f.Add(302, []byte(``))
	f.Fuzz(func(t *testing.T, status int, answer []byte) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(max(200, status%600))
			w.Write(answer)
		}))
		defer server.Close()
		e, err := New(t.Context(), Config{Dimension: 2, BaseURL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		vectors, err := e.Embed(ctx, embed.Passage, []string{"a", "b"})
		if err != nil {
			if vectors != nil || len(err.Error()) > 1000 {
				t.Errorf("vectors %v, error %v", vectors, err)
			}
			return
		}
		for _, vector := range vectors {
			length := math.Hypot(float64(vector[0]), float64(vector[1]))
			if len(vectors) != 2 || len(vector) != 2 || length != 0 && !(math.Abs(length-1) < 1e-5) {
				t.Errorf("accepted %v from %q", vectors, answer)
			}
		}
	})
}
