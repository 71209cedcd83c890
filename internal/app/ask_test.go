package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"morag/internal/app/apptest"
	"morag/internal/client"
	"morag/internal/wire"
)

// startChat is a chat service that answers in pieces, and counts how often it is asked.
func startChat(t *testing.T, pieces ...string) (url string, asked *atomic.Int64) {
	t.Helper()
	asked = &atomic.Int64{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "text/event-stream")
		for _, p := range pieces {
			data, _ := json.Marshal(map[string]any{"choices": []any{map[string]any{"delta": map[string]any{"content": p}}}})
			fmt.Fprintf(w, "data: %s\n\n", data)
		}
		io.WriteString(w, "data: [DONE]\n\n")
	}))
	t.Cleanup(s.Close)
	return s.URL + "/v1", asked
}

func TestAsk(t *testing.T) {
	t.Parallel()
	settings := apptest.Settings(t)
	url, asked := startChat(t, "The keeper feeds ", "it at noon [1", "][9].")
	settings.Chat.ChatURL, settings.Chat.ChatModel = url, "small"
	s := apptest.Start(t, settings)
	ingest(t, s, write(t, "guide.md", "# Birds\n\nThe keeper feeds the heron at noon."), client.IngestOptions{})
	var pieces []string
	for _, say := range []func(string){nil, func(text string) { pieces = append(pieces, text) }} {
		a, err := s.Ask(t.Context(), wire.Ask{Question: "Who feeds the heron?"}, say)
		if err != nil {
			t.Fatal(err)
		}
		if !a.Found || a.Answer != "The keeper feeds it at noon [1]." || len(a.Citations) != 1 {
			t.Fatalf("answered %+v", a)
		}
		if from := a.Citations[0]; from.N != 1 || *from.Document.Name != "guide.md" || from.Heading != "Birds" || !strings.Contains(from.Quote, "at noon") {
			t.Errorf("cites %+v", from)
		}
	}
	if got := strings.Join(pieces, ""); got != "The keeper feeds it at noon [1]." || len(pieces) < 2 {
		t.Errorf("heard %q", pieces)
	}
	before := asked.Load()
	a, err := s.Ask(t.Context(), wire.Ask{Question: "zzzz qqqq vxkwq"}, nil)
	if err != nil || a.Found || a.Answer == "" || asked.Load() != before {
		t.Errorf("without a passage: %+v, %v, asked %d times more", a, err, asked.Load()-before)
	}
	for want, in := range map[string]wire.Ask{
		"question: query cannot be searched for: it is empty": {},
		"limit must be from 1 to 20":                          {Question: "x", Limit: new(21)},
	} {
		_, err := s.Ask(t.Context(), in, nil)
		if e, ok := errors.AsType[*client.APIError](err); !ok || e.Status != 422 || !strings.Contains(e.Detail, want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestAskWithoutModel(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Settings(t))
	for _, say := range []func(string){nil, func(string) {}} {
		_, err := s.Ask(t.Context(), wire.Ask{Question: "why?"}, say)
		if e, ok := errors.AsType[*client.APIError](err); !ok || e.Status != 503 || !strings.Contains(e.Detail, "MORAG_CHAT_URL") {
			t.Errorf("got %v", err)
		}
	}
}
