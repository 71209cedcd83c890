// Package chat asks a language model that the operator has configured, by the API of
// OpenAI's chat completions, which Ollama, vLLM, llama.cpp, LiteLLM and others speak.
package chat

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"morag/internal/service"
)

// ErrUnavailable: the model did not answer, or not in a way that can be understood. The
// message has no address.
var ErrUnavailable = errors.New("the chat model is unavailable")

// Config is which model is asked, and where.
type Config struct {
	URL     string // up to /v1
	APIKey  string // "" for none
	Model   string
	Timeout time.Duration // of a whole answer
}

// Message is one turn of a conversation.
type Message struct {
	Role    string `json:"role"` // system or user
	Content string `json:"content"`
}

const (
	// maxAnswer is how many bytes a service may send for one answer: a token takes some 200.
	maxAnswer = 4 << 20
	// maxLine is how many bytes one event may have.
	maxLine = 1 << 20
	// maxTokens bounds what the model is asked to say.
	maxTokens = 1024
)

// Client asks the model. It is safe for concurrent use.
type Client struct {
	model   string
	service *service.Client
}

// New makes a client.
func New(c Config) *Client {
	return &Client{model: c.Model, service: service.New(service.Config{
		Address: c.URL, Header: service.Bearer(c.APIKey), Timeout: c.Timeout, MaxAnswer: maxAnswer,
	})}
}

// Ask has the model go on with the conversation, and calls say with each piece of its
// answer as it comes. It asks once, and ends with say's error. [ErrUnavailable], or ctx's
// error.
func (c *Client) Ask(ctx context.Context, messages []Message, say func(text string) error) error {
	var told error
	tell := func(text string) error {
		if text != "" {
			told = say(text)
		}
		return told
	}
	body := service.JSON(map[string]any{
		"model": c.model, "messages": messages, "stream": true, "temperature": 0, "max_tokens": maxTokens,
	})
	err := c.service.Stream(ctx, "/chat/completions", body, func(media string, answer io.Reader) error {
		if strings.HasPrefix(media, "application/json") { // of a service that does not stream
			return readWhole(answer, tell)
		}
		return readEvents(answer, tell)
	})
	switch {
	case err == nil || ctx.Err() != nil:
		return errors.Join(err, ctx.Err())
	case told != nil:
		return told
	}
	if refused, ok := errors.AsType[*service.StatusError](err); ok {
		return fmt.Errorf("%w: it answered %s", ErrUnavailable, refused.Status())
	}
	return &hidden{err}
}

// hidden is a cause whose text may have an address in it: it is for the log.
type hidden struct{ cause error }

func (h *hidden) Error() string   { return ErrUnavailable.Error() }
func (h *hidden) Unwrap() []error { return []error{ErrUnavailable, h.cause} }

// Cause is what made the model unavailable, for the log.
func Cause(err error) error {
	if h, ok := errors.AsType[*hidden](err); ok {
		return h.cause
	}
	return err
}

// choices is an answer, or a piece of one.
type choices struct {
	Choices []struct {
		Delta   struct{ Content string }
		Message struct{ Content string }
	}
}

func (c choices) text() string {
	if len(c.Choices) == 0 {
		return ""
	}
	return c.Choices[0].Delta.Content + c.Choices[0].Message.Content
}

func readWhole(answer io.Reader, tell func(string) error) error {
	var whole choices
	if err := json.NewDecoder(answer).Decode(&whole); err != nil {
		return err
	}
	return tell(whole.text())
}

// readEvents reads until the event [DONE]; an answer that ends without it broke off.
func readEvents(answer io.Reader, tell func(string) error) error {
	lines := bufio.NewScanner(answer)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data:")
		if !ok {
			continue
		}
		if data = strings.TrimSpace(data); data == "[DONE]" {
			return nil
		}
		var piece choices
		if err := json.Unmarshal([]byte(data), &piece); err != nil {
			return err
		}
		if err := tell(piece.text()); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return service.ErrCut
}
