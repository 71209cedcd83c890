// Package provider is what the embedders that ask a service over HTTP have in common:
// cutting texts into requests, a client with bounds, telling transient failures
// from those that need the operator, and distrust of what comes back. A new provider
// is a [Call] and a [Config] around it; gemini and openai are the examples.
package provider

import (
	"context"
	"fmt"

	"morag/internal/embed"
)

// Call asks the service once, for the vectors of texts that are within [Limits] and
// not blank. It returns one vector per text in order, unchecked and of any length, or
// the error of [Post] as it is: both are judged here.
type Call func(ctx context.Context, purpose embed.Purpose, texts []string) ([][]float32, error)

// Config is what [New] needs, checked. All fields but Dimension are required.
type Config struct {
	Service   Service
	Model     string // as the service knows it
	Dimension int    // 0: ask the service
	Limits    Limits
	Call      Call
}

// Service is how error messages call the service and the settings that lead to it.
type Service struct {
	Name           string // "openai"
	KeySetting     string // "MORAG_OPENAI_API_KEY"
	AddressSetting string // "MORAG_OPENAI_BASE_URL"
}

// MaxDimension bounds what a service may answer. The largest models of today have 4096.
const MaxDimension = 16384

// CheckDimension tells whether a configured dimension is possible; 0 is.
func CheckDimension(dimension int) error {
	if dimension < 0 || dimension > MaxDimension {
		return fmt.Errorf("MORAG_EMBEDDING_DIMENSION is %d, allowed are 1 to %d, or none", dimension, MaxDimension)
	}
	return nil
}

type embedder struct {
	service Service
	model   embed.Model
	limits  Limits
	call    Call
}

// New makes an embedder whose errors are one sentence: what happened and, where the
// operator can change that, by which setting. Without a dimension it asks the service
// for one vector to learn it, with the errors of Embed; else it does not use the
// network.
func New(ctx context.Context, c Config) (embed.Embedder, error) {
	e := &embedder{
		service: c.Service,
		model:   embed.Model{Name: c.Service.Name + "/" + c.Model, Dimension: c.Dimension},
		limits:  c.Limits,
		call:    c.Call,
	}
	if c.Dimension == 0 {
		vectors, err := e.ask(ctx, embed.Passage, []string{"dimension"})
		if err != nil {
			return nil, err
		}
		e.model.Dimension = len(vectors[0])
	}
	return e, nil
}

func (e *embedder) Model() embed.Model { return e.model }

func (e *embedder) Embed(ctx context.Context, purpose embed.Purpose, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for batch := range e.limits.batches(texts) {
		answer, err := e.ask(ctx, purpose, batch.texts)
		if err != nil {
			return nil, err
		}
		for i, place := range batch.places {
			vectors[place] = answer[i]
		}
	}
	for i := range vectors {
		if vectors[i] == nil {
			vectors[i] = make([]float32, e.model.Dimension)
		}
	}
	return vectors, nil
}

func (e *embedder) ask(ctx context.Context, purpose embed.Purpose, texts []string) ([][]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", e.service.Name, err)
	}
	vectors, err := e.call(ctx, purpose, texts)
	if err != nil {
		return nil, e.service.explain(ctx, err)
	}
	if err := accept(vectors, len(texts), e.model.Dimension); err != nil {
		return nil, fmt.Errorf("%s: %w", e.model.Name, err)
	}
	return vectors, nil
}
