// Package ask answers a question in sentences: it searches, gives a language model the
// passages that were found, and tells which of them each sentence rests on.
//
// What documents say is data to the model. It gets passages as values of one JSON object,
// apart from its instructions, has no tools, and whatever it answers is text: a document
// that talks it into nonsense gets nonsense to whoever asked, and nothing else. References
// to passages that it was not given are taken out.
package ask

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"morag/internal/auth"
	"morag/internal/chat"
	"morag/internal/index"
	"morag/internal/search"
	"morag/internal/share"
)

// The bounds of a question.
const (
	DefaultLimit = 6
	MaxLimit     = 20
)

const (
	// leastScore is of a passage that has something to do with the question: one of its four
	// telling words.
	leastScore = 0.15
	// maxAnswer is how many bytes of an answer are passed on.
	maxAnswer = 32 << 10
	// maxWaiting bounds the questions that wait for their turn.
	maxWaiting = 100
)

var (
	// ErrNoModel: the operator has set no model.
	ErrNoModel = errors.New("no chat model is set: MORAG_CHAT_URL")
	// ErrBusy: too many questions wait already.
	ErrBusy = errors.New("too many questions are waiting")
)

// NotFound is the answer to a question that no document answers.
const NotFound = "The documents do not answer this question."

// Searcher is what a [Service] needs of a [search.Service].
type Searcher interface {
	Search(ctx context.Context, by auth.Scope, q search.Query) (*search.Found, error)
}

// Chat is what a [Service] needs of a [chat.Client].
type Chat interface {
	Ask(ctx context.Context, messages []chat.Message, say func(text string) error) error
}

// Config is what a [Service] needs.
type Config struct {
	Search  Searcher
	Chat    Chat         // nil: no question is answered
	AtATime int          // questions that the model is asked; 0 for 4
	Logger  *slog.Logger // nil for none
}

// Service answers questions. It is safe for concurrent use.
type Service struct {
	cfg    Config
	log    *slog.Logger
	places *share.Places
}

// New returns a service.
func New(cfg Config) *Service {
	return &Service{
		cfg: cfg, log: cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler)),
		places: share.NewPlaces(share.Config{Places: cmp.Or(cfg.AtATime, 4), Line: maxWaiting}),
	}
}

// Question is what is asked.
type Question struct {
	Text   string
	Limit  int          // passages at most; 0 for DefaultLimit
	Filter index.Filter // nil for all documents
}

// Citation is a passage that an answer rests on, by the number that stands in it: [1].
type Citation struct {
	N int
	search.Hit
}

// Answer is what a question gets.
type Answer struct {
	Text      string
	Citations []Citation // by their numbers
	// Found: the documents answer the question. If not, Text says so.
	Found    bool
	Warnings []string
}

// Ask answers by what the caller may know of, and calls say with each piece of the answer
// as it comes; together they are its Text. When nothing that is found fits, the model is
// not asked. Owners take turns. [ErrNoModel], [ErrBusy], [chat.ErrUnavailable], the errors of
// [search.Service.Search], or say's.
func (s *Service) Ask(ctx context.Context, by auth.Scope, q Question, say func(text string) error) (*Answer, error) {
	if s.cfg.Chat == nil {
		return nil, ErrNoModel
	}
	if q.Limit < 0 || q.Limit > MaxLimit {
		return nil, fmt.Errorf("%w: limit must be from 1 to %d", search.ErrQuery, MaxLimit)
	}
	found, err := s.cfg.Search.Search(ctx, by, search.Query{
		Text: q.Text, Limit: cmp.Or(q.Limit, DefaultLimit), Filter: q.Filter, MinScore: leastScore,
	})
	if err != nil {
		return nil, err
	}
	out := &Answer{Warnings: found.Warnings}
	if len(found.Hits) == 0 {
		out.Text = NotFound
		return out, say(NotFound)
	}
	free, err := s.places.Take(ctx, by.Owner)
	if errors.Is(err, share.ErrFull) {
		err = ErrBusy
	}
	if err != nil {
		return nil, err
	}
	defer free()
	a := answering{passages: len(found.Hits), say: say}
	err = s.cfg.Chat.Ask(ctx, messages(q.Text, found.Hits), a.add)
	if err == nil || errors.Is(err, errLong) {
		err = errors.Join(a.end(), ctx.Err())
	}
	if err != nil {
		s.log.Warn("question not answered", "err", chat.Cause(err))
		return nil, err
	}
	s.log.Info("question answered", "passages", len(found.Hits), "found", a.found(), "bytes", a.text.Len())
	out.Text, out.Found = strings.TrimSpace(a.text.String()), a.found()
	for n, h := range found.Hits {
		if a.cited[n+1] {
			out.Citations = append(out.Citations, Citation{n + 1, h})
		}
	}
	switch {
	case a.long:
		out.Warnings = append(out.Warnings, fmt.Sprintf("the answer was longer than %d KiB and is cut", maxAnswer>>10))
	case out.Found && len(out.Citations) == 0:
		out.Warnings = append(out.Warnings, "the answer names no passage that it rests on: the model may have made it up")
	}
	return out, nil
}
