package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"morag/internal/backoff"
	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/service"
)

const (
	// visionSide is the longer side, in pixels, of the picture that is sent: services
	// look at no more, and count by size.
	visionSide = 1024
	// visionTime is how long a description may take, with all tries.
	visionTime = 2 * time.Minute

	maxVisionAnswer = 1 << 20 // bytes
	maxVisionTokens = 600
	maxDescription  = 4000 // runes

	visionHeading = "## Description"
	visionRemedy  = "set MORAG_VISION_URL to an OpenAI-compatible service and MORAG_VISION_MODEL"
)

// visionRetry leaves time for the description itself.
var visionRetry = backoff.Policy{Tries: 3, First: time.Second, Max: 4 * time.Second, MaxAsked: visionTime / 2}

// vision is an OpenAI-compatible POST /v1/chat/completions whose model sees.
type vision struct {
	config Config
	client *service.Client
}

func newVision(config Config) *vision {
	return &vision{config, service.New(service.Config{
		Address: config.VisionURL, Header: service.Bearer(config.VisionKey), MaxAnswer: maxVisionAnswer, Retry: visionRetry,
	})}
}

func (v *vision) wanted() bool { return v.config.VisionURL != "" }

func (v *vision) engine() convert.Engine {
	e := convert.Engine{Name: "vision model", Purpose: "description of pictures by an OpenAI-compatible service", Remedy: visionRemedy}
	if v.wanted() {
		e.Available, e.Version = true, v.config.VisionModel
	}
	return e
}

// describe adds what is to be seen in the first page, in the language of the tag if one
// is given. A service that fails costs the description only.
func (c *Converter) describe(ctx context.Context, pic *picture, tag string, doc *content.Document) error {
	_, sent, err := c.decode(ctx, pic.pages[0], pic.orientation, visionSide)
	if err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, visionTime)
	defer cancel()
	text, err := c.vision.ask(bounded, sent, tag)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		doc.Warnings = append(doc.Warnings, "the picture was not described: "+visionFailure(err))
		return nil
	}
	if _, told := doc.Metadata["description"]; !told { // its author's own
		doc.Metadata["description"] = text
	}
	doc.Metadata["vision_model"] = c.config.VisionModel
	first, rest, more := strings.Cut(doc.Content, content.PageBreak)
	doc.Content = strings.TrimLeft(first+"\n\n"+visionHeading+"\n\n"+text, "\n")
	if more {
		doc.Content += content.PageBreak + rest
	}
	return nil
}

var errNoWords = errors.New("the service answered without a word")

// visionFailure is a clause without the address of the service.
func visionFailure(err error) string {
	if refused, ok := errors.AsType[*service.StatusError](err); ok {
		return "the service answered " + refused.Status()
	}
	if errors.Is(err, errNoWords) {
		return errNoWords.Error()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("the service took longer than %s", visionTime)
	}
	return "the service cannot be reached or understood"
}

// ask sends a picture, a data URL, and returns its description.
func (v *vision) ask(ctx context.Context, picture, tag string) (text string, err error) {
	err = v.client.Post(ctx, "/chat/completions", service.JSON(v.request(picture, tag)), func(answer []byte) (err error) {
		text, err = parseVision(answer)
		return err
	})
	if err == nil && text == "" {
		err = errNoWords
	}
	return text, err
}

func (v *vision) request(picture, tag string) any {
	wish := "Describe this picture for someone who will search for it: what kind of picture it is, what it shows, " +
		"what people or things do, and what text in it is about. Use at most five sentences of plain text, without an introduction."
	if tag != "" {
		wish += " Write in the language with the tag " + tag + "."
	}
	type object map[string]any
	return object{
		"model": v.config.VisionModel, "max_tokens": maxVisionTokens, "temperature": 0,
		"messages": []object{{"role": "user", "content": []object{
			{"type": "text", "text": wish},
			{"type": "image_url", "image_url": object{"url": picture}},
		}}},
	}
}

// parseVision reads the first choice: its lines, cleaned and cut; "" when there is none.
func parseVision(answer []byte) (string, error) {
	var a struct {
		Choices []struct {
			Message struct {
				Content string `json:"content"`
			} `json:"message"`
		} `json:"choices"`
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return "", fmt.Errorf("description: %w", err)
	}
	if len(a.Choices) == 0 {
		return "", nil
	}
	var lines []string
	for line := range strings.Lines(a.Choices[0].Message.Content) {
		lines = append(lines, clean(line))
	}
	text := strings.TrimSpace(strings.Join(lines, "\n"))
	if runes := []rune(text); len(runes) > maxDescription {
		text = string(runes[:maxDescription-1]) + "…"
	}
	return text, nil
}
