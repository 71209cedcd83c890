package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// model is a server that speaks as a test says, and what it was asked.
type model struct {
	*httptest.Server
	asked map[string]any
	key   string
}

func serve(t *testing.T, speak http.HandlerFunc) *model {
	t.Helper()
	m := &model{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.key = r.Header.Get("Authorization")
		if r.Method != http.MethodPost || r.URL.Path != "/v1/chat/completions" || json.NewDecoder(r.Body).Decode(&m.asked) != nil {
			http.Error(w, "what?", http.StatusNotFound)
			return
		}
		speak(w, r)
	}))
	t.Cleanup(m.Close)
	return m
}

func events(lines ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, line := range lines {
			fmt.Fprint(w, line, "\n\n")
			_ = http.NewResponseController(w).Flush()
		}
	}
}

func piece(text string) string {
	data, _ := json.Marshal(map[string]any{"choices": []any{map[string]any{"delta": map[string]any{"content": text}}}})
	return "data: " + string(data)
}

func (m *model) ask(t *testing.T) (pieces []string, err error) {
	t.Helper()
	c := New(Config{URL: m.URL + "/v1/", APIKey: "secret", Model: "small", Timeout: time.Minute})
	err = c.Ask(t.Context(), []Message{{"system", "be brief"}, {"user", "why?"}}, func(text string) error {
		pieces = append(pieces, text)
		return nil
	})
	return pieces, err
}

func TestAsk(t *testing.T) {
	t.Parallel()
	whole := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		io.WriteString(w, `{"choices": [{"message": {"role": "assistant", "content": "because"}}]}`)
	}
	for name, tt := range map[string]struct {
		speak http.HandlerFunc
		want  string
		say   string // of the error
	}{
		"pieces":    {events(": hello", `data: {"choices":[{"delta":{"role":"assistant"}}]}`, piece("be"), piece("cause"), `data: {"choices":[]}`, "data: [DONE]", piece("more")), "be|cause", ""},
		"whole":     {whole, "because", ""},
		"broke off": {events(piece("be")), "be", "the chat model is unavailable"},
		"no JSON":   {events("data: {"), "", "the chat model is unavailable"},
		"refused": {func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "http://inner/secret", http.StatusUnauthorized)
		}, "", "the chat model is unavailable: it answered 401 Unauthorized"},
		"a page":          {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }, "", "the chat model is unavailable"},
		"a line too long": {events("data: " + strings.Repeat("x", maxLine)), "", "the chat model is unavailable"},
		"without end": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			line := ":" + strings.Repeat("x", 1<<16) + "\n"
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, line); err != nil {
					return
				}
			}
		}, "", "the chat model is unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := serve(t, tt.speak)
			pieces, err := m.ask(t)
			if got := strings.Join(pieces, "|"); got != tt.want {
				t.Errorf("said %q, want %q", got, tt.want)
			}
			if tt.say == "" && err != nil || tt.say != "" && (!errors.Is(err, ErrUnavailable) || err.Error() != tt.say) {
				t.Errorf("got %v, want %q", err, tt.say)
			}
			if err != nil && Cause(err) == nil {
				t.Error("there is no cause for the log")
			}
			if m.key != "Bearer secret" || m.asked["model"] != "small" || m.asked["stream"] != true || len(m.asked["messages"].([]any)) != 2 || m.asked["tools"] != nil {
				t.Errorf("asked with %q: %v", m.key, m.asked)
			}
		})
	}
}

func TestSaysErrorEndsTheAnswer(t *testing.T) {
	t.Parallel()
	m := serve(t, events(piece("be"), piece("cause"), "data: [DONE]"))
	gone := errors.New("gone")
	n := 0
	err := New(Config{URL: m.URL + "/v1", Timeout: time.Minute}).Ask(t.Context(), nil, func(string) error { n++; return gone })
	if !errors.Is(err, gone) || errors.Is(err, ErrUnavailable) || n != 1 {
		t.Errorf("got %v after %d pieces", err, n)
	}
}

func TestCallerLeaves(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	m := serve(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	if err := New(Config{URL: m.URL + "/v1", Timeout: time.Minute}).Ask(ctx, nil, func(string) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
