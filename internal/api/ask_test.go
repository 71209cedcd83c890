package api

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"morag/internal/ask"
	"morag/internal/auth"
	"morag/internal/chat"
	"morag/internal/search"
	"morag/internal/wire"
)

// thinking is a model that says each piece after that time, and then fails or not; there is
// one passage for it.
type thinking struct {
	after []time.Duration
	fails error
}

func (m thinking) Search(context.Context, auth.Scope, search.Query) (*search.Found, error) {
	return &search.Found{Hits: make([]search.Hit, 1)}, nil
}

func (m thinking) Ask(_ context.Context, _ []chat.Message, say func(string) error) error {
	for _, d := range m.after {
		time.Sleep(d) // the bubble's clock
		if m.fails != nil {
			return m.fails
		}
		if err := say("It is so. "); err != nil {
			return err
		}
	}
	return nil
}

func TestCommentsWhileTheModelIsSilent(t *testing.T) {
	t.Parallel()
	const most = commentEvery - 1
	for name, tt := range map[string]struct {
		model  thinking
		want   string
		refuse error
		whole  bool
	}{
		"speaks at once":       {model: thinking{after: []time.Duration{0, 0}}, want: "text, text, answer"},
		"is just quick enough": {model: thinking{after: []time.Duration{most, most, most}}, want: "text, text, text, answer"},
		"is silent twice": {
			model: thinking{after: []time.Duration{2*commentEvery + 1, most, commentEvery + 1}},
			want:  "comment, comment, text, text, comment, text, answer",
		},
		"fails before":       {model: thinking{[]time.Duration{most}, chat.ErrUnavailable}, refuse: chat.ErrUnavailable},
		"fails after":        {model: thinking{[]time.Duration{commentEvery + 1}, chat.ErrUnavailable}, want: "comment, error"},
		"answers as a whole": {model: thinking{after: []time.Duration{time.Minute}}, whole: true},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &Server{Config: Config{Ask: ask.New(ask.Config{Search: tt.model, Chat: tt.model})}}
			w := httptest.NewRecorder()
			err := s.ask(w, httptest.NewRequest("POST", "/", nil), asked{Body: wire.Ask{Question: "why?", Stream: !tt.whole}})
			if !errors.Is(err, tt.refuse) || tt.refuse != nil && (len(w.Header()) > 0 || w.Flushed) {
				t.Errorf("who %s: %v, sent %v", name, err, w.Header())
			}
			time.Sleep(time.Hour) // the bubble's clock
			synctest.Wait()
			if got := eventNames(w.Body.String()); got != tt.want || tt.want != "" && w.Header().Get("Content-Type") != eventMedia {
				t.Errorf("who %s is heard as %s, want %s", name, got, tt.want)
			}
		})
	}
}
