// Package openai embeds texts by the OpenAI API or any server that speaks its
// /embeddings: Ollama, vLLM, llama.cpp, text-embeddings-inference, LiteLLM.
//
// The texts leave this process for that server. Of a text longer than 16 KiB only the
// beginning is sent: OpenAI refuses more than 8,192 tokens, and a token is two bytes
// or more. What a server with a smaller model does with a long text is its affair.
package openai

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"morag/internal/embed"
	"morag/internal/embed/provider"
	"morag/internal/service"
)

// The defaults.
const (
	DefaultModel   = "text-embedding-3-small"
	DefaultBaseURL = "https://api.openai.com/v1"
)

// limits: 32 texts are what text-embeddings-inference takes unless told otherwise,
// the least of the common servers. OpenAI takes 2,048, and 300,000 tokens.
var limits = provider.Limits{Texts: 32, Bytes: 512 << 10, TextBytes: 16 << 10}

var about = provider.Service{
	Name:           "openai",
	KeySetting:     "MORAG_OPENAI_API_KEY",
	AddressSetting: "MORAG_OPENAI_BASE_URL",
}

// Config is what New needs. APIKey is required only with the default BaseURL.
type Config struct {
	APIKey  string
	Model   string // [DefaultModel]
	BaseURL string // up to and including /v1; [DefaultBaseURL]

	// Dimension asks the server for vectors of that length, which only some models
	// can give (text-embedding-3 can); many servers refuse to be asked. With 0 they
	// have the model's own, learnt from a first vector.
	Dimension int

	Timeout time.Duration // of one request; [provider.DefaultTimeout]
}

// New checks the settings, each error naming the one to change. Without a Dimension
// it asks the server for one vector, with the errors of Embed.
func New(ctx context.Context, c Config) (embed.Embedder, error) {
	c.APIKey = strings.TrimSpace(c.APIKey)
	if c.APIKey == "" && c.BaseURL == "" {
		return nil, errors.New("openai needs a key: set MORAG_OPENAI_API_KEY, or MORAG_OPENAI_BASE_URL for a server of your own, or MORAG_EMBEDDER=hash to work without")
	}
	c.Model = cmp.Or(c.Model, DefaultModel)
	c.BaseURL = cmp.Or(c.BaseURL, DefaultBaseURL)
	if err := provider.CheckDimension(c.Dimension); err != nil {
		return nil, err
	}
	if err := provider.CheckAddress(about.AddressSetting, c.BaseURL); err != nil {
		return nil, err
	}
	client := limits.Client(c.BaseURL, service.Bearer(c.APIKey), c.Dimension, c.Timeout)
	return provider.New(ctx, provider.Config{
		Service:   about,
		Model:     c.Model,
		Dimension: c.Dimension,
		Limits:    limits,
		Call:      call(client, c.Model, c.Dimension),
	})
}

type question struct {
	Model      string   `json:"model"`
	Input      []string `json:"input"`
	Dimensions int      `json:"dimensions,omitempty"`
}

type embedding struct {
	Index     *int   `json:"index"`
	Embedding vector `json:"embedding"`
}

// call asks POST {base}/embeddings. No encoding is asked for, because some servers
// refuse that too; both that there are can be read.
func call(client *service.Client, model string, dimension int) provider.Call {
	return func(ctx context.Context, _ embed.Purpose, texts []string) ([][]float32, error) {
		var answer struct {
			Data []embedding `json:"data"`
		}
		err := provider.Post(ctx, client, "/embeddings", question{Model: model, Input: texts, Dimensions: dimension}, &answer)
		if err != nil {
			return nil, err
		}
		return ordered(answer.Data)
	}
}

// ordered puts the vectors where their index says, which need not be where they lie.
// Servers that leave the index out answer in order.
func ordered(data []embedding) ([][]float32, error) {
	vectors := make([][]float32, len(data))
	for i, item := range data {
		place := i
		if item.Index != nil {
			place = *item.Index
		}
		if place < 0 || place >= len(data) || vectors[place] != nil {
			return nil, fmt.Errorf("index %d twice or out of range", place)
		}
		vectors[place] = item.Embedding
	}
	return vectors, nil
}

// vector is an embedding as JSON has it: a list of numbers, or the base64 of
// little-endian float32s.
type vector []float32

// UnmarshalJSON implements json.Unmarshaler.
func (v *vector) UnmarshalJSON(data []byte) error {
	if data[0] != '"' {
		return json.Unmarshal(data, (*[]float32)(v))
	}
	var packed []byte
	if err := json.Unmarshal(data, &packed); err != nil {
		return err
	}
	if len(packed)%4 != 0 {
		return fmt.Errorf("%d bytes of base64 are no list of float32", len(packed))
	}
	*v = make(vector, len(packed)/4)
	_, err := binary.Decode(packed, binary.LittleEndian, []float32(*v))
	return err
}
