// Package gemini embeds texts by Google's Gemini API.
//
// The texts leave this machine. Of a text longer than 16 KiB only the beginning is
// sent, and the service reads the first 2,048 tokens of it (gemini-embedding-001).
package gemini

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"morag/internal/embed"
	"morag/internal/embed/provider"
	"morag/internal/service"
)

// The defaults. 768 is the smallest dimension that Google recommends for the model;
// 3072 is its full one.
const (
	DefaultModel     = "gemini-embedding-001"
	DefaultDimension = 768
	DefaultBaseURL   = "https://generativelanguage.googleapis.com"
)

// limits: the API refuses more than 100 texts or 4 MiB in a request.
var limits = provider.Limits{Texts: 100, Bytes: 512 << 10, TextBytes: 16 << 10}

var about = provider.Service{
	Name:           "gemini",
	KeySetting:     "MORAG_GEMINI_API_KEY or GEMINI_API_KEY",
	AddressSetting: "MORAG_GEMINI_BASE_URL",
}

// modelName is what may become part of the request's path.
var modelName = regexp.MustCompile(`^((models|tunedModels)/)?[A-Za-z0-9][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)*$`)

// Config is what New needs. Only APIKey is required.
type Config struct {
	APIKey    string
	Model     string        // [DefaultModel]
	Dimension int           // [DefaultDimension]
	BaseURL   string        // [DefaultBaseURL]
	Timeout   time.Duration // of one request; [provider.DefaultTimeout]
}

// New checks the settings, each error naming the one to change. It does not use the
// network.
func New(ctx context.Context, c Config) (embed.Embedder, error) {
	c.Model = cmp.Or(c.Model, DefaultModel)
	c.Dimension = cmp.Or(c.Dimension, DefaultDimension)
	c.BaseURL = cmp.Or(c.BaseURL, DefaultBaseURL)
	c.APIKey = strings.TrimSpace(c.APIKey)
	if c.APIKey == "" {
		return nil, errors.New("gemini needs a key: set MORAG_GEMINI_API_KEY or GEMINI_API_KEY, or MORAG_EMBEDDER=hash to work without")
	}
	if !modelName.MatchString(c.Model) {
		return nil, fmt.Errorf("MORAG_EMBEDDING_MODEL is %q, which cannot name a Gemini model", c.Model)
	}
	if err := provider.CheckDimension(c.Dimension); err != nil {
		return nil, err
	}
	if err := provider.CheckAddress(about.AddressSetting, c.BaseURL); err != nil {
		return nil, err
	}
	model := c.Model
	if !strings.Contains(model, "/") {
		model = "models/" + model
	}
	client := limits.Client(c.BaseURL, http.Header{"X-Goog-Api-Key": {c.APIKey}}, c.Dimension, c.Timeout)
	return provider.New(ctx, provider.Config{
		Service:   about,
		Model:     c.Model,
		Dimension: c.Dimension,
		Limits:    limits,
		Call:      call(client, model, c.Dimension),
	})
}

type batchItem struct {
	Model                string  `json:"model"`
	Content              content `json:"content"`
	TaskType             string  `json:"taskType"`
	OutputDimensionality int     `json:"outputDimensionality"`
}

type content struct {
	Parts []part `json:"parts"`
}

type part struct {
	Text string `json:"text"`
}

// call asks POST /v1beta/models/{model}:batchEmbedContents
// (https://ai.google.dev/api/embeddings). The vectors of less than the full dimension
// come without unit length.
func call(client *service.Client, model string, dimension int) provider.Call {
	return func(ctx context.Context, purpose embed.Purpose, texts []string) ([][]float32, error) {
		requests := make([]batchItem, len(texts))
		for i, text := range texts {
			requests[i] = batchItem{
				Model: model, Content: content{Parts: []part{{Text: text}}},
				TaskType: taskType(purpose), OutputDimensionality: dimension,
			}
		}
		var answer struct {
			Embeddings []struct {
				Values []float32 `json:"values"`
			} `json:"embeddings"`
		}
		if err := provider.Post(ctx, client, "/v1beta/"+model+":batchEmbedContents", map[string]any{"requests": requests}, &answer); err != nil {
			return nil, err
		}
		vectors := make([][]float32, len(answer.Embeddings))
		for i, embedding := range answer.Embeddings {
			vectors[i] = embedding.Values
		}
		return vectors, nil
	}
}

func taskType(purpose embed.Purpose) string {
	if purpose == embed.Query {
		return "RETRIEVAL_QUERY"
	}
	return "RETRIEVAL_DOCUMENT"
}
