// Package rerank asks a service that the operator has configured how well texts answer a
// question: a model that reads both together. It speaks both APIs in use, that of Cohere,
// Jina, vLLM and others and that of text-embeddings-inference, and finds out which.
package rerank

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"morag/internal/service"
)

// ErrUnavailable: the service did not answer, or not in a way that can be understood. The
// message has no address.
var ErrUnavailable = errors.New("the reranker is unavailable")

// Config is which service is asked.
type Config struct {
	URL    string // with or without /rerank at its end
	APIKey string // "" for none
	Model  string // "" for the service's
}

const (
	// MaxText is how many bytes of a text the service gets: models read about 500 words.
	MaxText = 4000
	// maxAnswer bounds an answer in bytes.
	maxAnswer = 1 << 20
)

// Client asks the service. It is safe for concurrent use.
type Client struct {
	model   string
	service *service.Client
	texts   atomic.Bool // it speaks as text-embeddings-inference does
}

// New makes a client.
func New(c Config) *Client {
	address := strings.TrimSuffix(strings.TrimRight(c.URL, "/"), "/rerank")
	return &Client{model: c.Model, service: service.New(service.Config{
		Address: address, Header: service.Bearer(c.APIKey), MaxAnswer: maxAnswer,
	})}
}

// Rerank tells of each text how well it answers the question, from 0 to 1. It takes as long
// as ctx lasts. [ErrUnavailable], or ctx's error.
func (c *Client) Rerank(ctx context.Context, question string, texts []string) ([]float64, error) {
	cut := make([]string, len(texts))
	for i, text := range texts {
		cut[i] = beginning(text)
	}
	asTexts := c.texts.Load()
	scores, err := c.ask(ctx, question, cut, asTexts)
	if refused, ok := errors.AsType[*service.StatusError](err); ok && (refused.Code == 400 || refused.Code == 422) {
		// Each refuses the request of the other.
		var again error
		if scores, again = c.ask(ctx, question, cut, !asTexts); again == nil {
			c.texts.Store(!asTexts)
			err = nil
		}
	}
	switch refused, ok := errors.AsType[*service.StatusError](err); {
	case err == nil:
		return scores, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	case ok:
		return nil, fmt.Errorf("%w: it answered %s", ErrUnavailable, refused.Status())
	default:
		return nil, &hidden{err}
	}
}

// hidden is a cause whose text may have an address in it: it is for the log.
type hidden struct{ cause error }

func (h *hidden) Error() string   { return ErrUnavailable.Error() }
func (h *hidden) Unwrap() []error { return []error{ErrUnavailable, h.cause} }

func (c *Client) ask(ctx context.Context, question string, texts []string, asTexts bool) (scores []float64, err error) {
	body := map[string]any{"query": question, "documents": texts, "top_n": len(texts)}
	if c.model != "" {
		body["model"] = c.model
	}
	if asTexts {
		body = map[string]any{"query": question, "texts": texts, "truncate": true}
	}
	err = c.service.Post(ctx, "/rerank", service.JSON(body), func(answer []byte) (err error) {
		scores, err = parse(answer, len(texts))
		return err
	})
	return scores, err
}

// ranked is one text in an answer of either service.
type ranked struct {
	Index     int
	Score     *float64
	Relevance *float64 `json:"relevance_score"`
}

// parse reads the answer of either service, which has every text once.
func parse(answer []byte, texts int) ([]float64, error) {
	var all []ranked
	if json.Unmarshal(answer, &all) != nil {
		var object struct{ Results []ranked }
		if err := json.Unmarshal(answer, &object); err != nil {
			return nil, err
		}
		all = object.Results
	}
	scores := make([]float64, texts)
	seen := make([]bool, texts)
	raw := false
	for _, r := range all {
		score := cmp.Or(r.Relevance, r.Score)
		if r.Index < 0 || r.Index >= texts || seen[r.Index] || score == nil {
			return nil, fmt.Errorf("a score of text %d of %d that is there twice, or is none", r.Index, texts)
		}
		seen[r.Index] = true
		scores[r.Index] = *score
		raw = raw || *score < 0 || *score > 1
	}
	if len(all) != texts {
		return nil, fmt.Errorf("%d scores of %d texts", len(all), texts)
	}
	if raw { // not yet brought between 0 and 1
		for i := range scores {
			scores[i] = 1 / (1 + math.Exp(-scores[i]))
		}
	}
	return scores, nil
}

func beginning(text string) string {
	if len(text) <= MaxText {
		return text
	}
	to := MaxText
	for !utf8.RuneStart(text[to]) {
		to--
	}
	return text[:to]
}
