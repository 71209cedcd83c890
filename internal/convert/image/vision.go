package image

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"morag/internal/content"
	"morag/internal/convert"
)

const (
	// visionSide is the longer side, in pixels, of the picture that is sent: services
	// look at no more, and count by size.
	visionSide = 1024
	// visionTime is how long a description may take, with all tries.
	visionTime = 2 * time.Minute
	// The wait before the second of the tries; it doubles.
	visionTries = 3
	visionDelay = time.Second

	maxVisionAnswer = 1 << 20 // bytes
	maxVisionTokens = 600
	maxDescription  = 4000 // runes

	visionHeading = "## Description"
	visionRemedy  = "set MORAG_VISION_URL to an OpenAI-compatible service and MORAG_VISION_MODEL"
)

// vision is an OpenAI-compatible POST /v1/chat/completions whose model sees.
type vision struct {
	config Config
	http   *http.Client
}

func newVision(config Config) *vision {
	// The key goes to the address that was set and to no other.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &vision{config: config, http: &http.Client{CheckRedirect: stay}}
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
	if refused, ok := errors.AsType[*visionStatus](err); ok {
		return refused.Error()
	}
	if errors.Is(err, errNoWords) {
		return errNoWords.Error()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("the service took longer than %s", visionTime)
	}
	return "the service cannot be reached or understood"
}

// visionStatus is an answer that is not a success.
type visionStatus struct{ code int }

func (e *visionStatus) Error() string {
	return fmt.Sprintf("the service answered %d %s", e.code, http.StatusText(e.code))
}

func (e *visionStatus) passing() bool {
	return e.code >= 500 || e.code == http.StatusTooManyRequests || e.code == http.StatusRequestTimeout
}

// ask sends a picture, a data URL, and answers its description; it tries again what may
// pass.
func (v *vision) ask(ctx context.Context, picture, tag string) (string, error) {
	body, err := json.Marshal(v.request(picture, tag))
	if err != nil {
		return "", err
	}
	delay := visionDelay
	for try := 1; ; try++ {
		text, err := v.askOnce(ctx, body)
		refused, ok := errors.AsType[*visionStatus](err)
		if err == nil || errors.Is(err, errNoWords) || ok && !refused.passing() || ctx.Err() != nil || try == visionTries {
			return text, err
		}
		select {
		case <-time.After(delay):
			delay *= 2
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
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

func (v *vision) askOnce(ctx context.Context, body []byte) (string, error) {
	address := strings.TrimRight(v.config.VisionURL, "/") + "/chat/completions"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	if v.config.VisionKey != "" {
		req.Header.Set("Authorization", "Bearer "+v.config.VisionKey)
	}
	resp, err := v.http.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return "", &visionStatus{resp.StatusCode}
	}
	answer, err := io.ReadAll(http.MaxBytesReader(nil, resp.Body, maxVisionAnswer))
	if err != nil {
		return "", err
	}
	return parseVision(answer)
}

// parseVision reads the first choice: its lines, cleaned and cut.
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
		return "", errNoWords
	}
	var lines []string
	for line := range strings.Lines(a.Choices[0].Message.Content) {
		lines = append(lines, clean(line))
	}
	text := strings.TrimSpace(strings.Join(lines, "\n"))
	if runes := []rune(text); len(runes) > maxDescription {
		text = string(runes[:maxDescription-1]) + "…"
	}
	if text == "" {
		return "", errNoWords
	}
	return text, nil
}
