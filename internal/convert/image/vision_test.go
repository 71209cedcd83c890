package image_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"morag/internal/convert"
	picture "morag/internal/convert/image"
)

// fakeVision speaks the protocol of POST /v1/chat/completions: it checks the request,
// decodes the picture, and tells its size.
type fakeVision struct {
	t      *testing.T
	answer http.HandlerFunc // instead of a description; nil for one
	calls  atomic.Int32
	wish   atomic.Value // the text beside the picture
}

func (v *fakeVision) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.calls.Add(1)
	if v.answer != nil {
		v.answer(w, r)
		return
	}
	var req struct {
		Model     string
		MaxTokens int `json:"max_tokens"`
		Messages  []struct {
			Role    string
			Content []struct {
				Type     string
				Text     string
				ImageURL struct{ URL string } `json:"image_url"`
			}
		}
	}
	if r.Method != http.MethodPost || r.URL.Path != "/v1/chat/completions" || r.Header.Get("Authorization") != "Bearer secret-key" {
		http.Error(w, "{}", http.StatusUnauthorized)
		return
	}
	err := json.NewDecoder(r.Body).Decode(&req)
	if err != nil || req.Model != "eye-1" || req.MaxTokens == 0 || len(req.Messages) != 1 || len(req.Messages[0].Content) != 2 {
		v.t.Errorf("request %+v, %v", req, err)
		return
	}
	parts := req.Messages[0].Content
	v.wish.Store(parts[0].Text)
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(parts[1].ImageURL.URL, "data:image/jpeg;base64,"))
	if err != nil {
		v.t.Error(err)
	}
	seen, err := jpeg.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		v.t.Error(err)
	}
	say(w, fmt.Sprintf("A page of\u0007 text,\n%d by %d.\n", seen.Width, seen.Height))
}

func say(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"id": "x", "object": "chat.completion",
		"choices": []map[string]any{{"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": text}}},
	})
}

func (v *fakeVision) config() picture.Config {
	server := httptest.NewServer(v)
	v.t.Cleanup(server.Close)
	return picture.Config{VisionURL: server.URL + "/v1/", VisionKey: "secret-key", VisionModel: "eye-1"}
}

func TestPictureIsDescribed(t *testing.T) {
	t.Parallel()
	v := &fakeVision{t: t}
	page := image.NewGray(image.Rect(0, 0, 3000, 1500)) // as a scanner's, without text
	doc, err := read(t, v.config(), encode(t, "png", page), convert.Options{Language: "en-GB"})
	if err != nil {
		t.Fatal(err)
	}
	const want = "A page of text,\n1024 by 512."
	if doc.Content != "## Description\n\n"+want || doc.Metadata["description"] != want || doc.Metadata["vision_model"] != "eye-1" || len(doc.Thumbnails) != 0 {
		t.Errorf("%+v", doc)
	}
	if wish, _ := v.wish.Load().(string); !strings.Contains(wish, "the language with the tag en") {
		t.Errorf("asked %q", wish)
	}
}

// The description goes with the first page's text, and the author's own stays.
func TestDescriptionBesideText(t *testing.T) {
	t.Parallel()
	v := &fakeVision{t: t}
	doc, err := read(t, v.config(), encode(t, "jpg", rotate(render(t, short, 40), 1)), convert.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.Content, "The ferry") || strings.Count(doc.Content, "\n\n## Description\n\nA page of text,") != 1 {
		t.Errorf("%q", doc.Content)
	}
	if wish, _ := v.wish.Load().(string); strings.Contains(wish, "the language") {
		t.Errorf("asked %q", wish)
	}
}

// A service that fails costs the description, not the text.
func TestVisionThatFails(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   string
		calls  int32
	}{
		"refuses": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "{}", http.StatusUnauthorized) }, "the service answered 401 Unauthorized", 1},
		"is busy": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "{}", http.StatusServiceUnavailable) }, "the service answered 503", 3},
		"sends elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, "the service answered 307", 1},
		"says nothing":      {func(w http.ResponseWriter, _ *http.Request) { say(w, " \n") }, "without a word", 1},
		"has no choice":     {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"choices": []}`) }, "without a word", 1},
		"says no JSON":      {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, "cannot be reached or understood", 3},
		"says far too much": {func(w http.ResponseWriter, _ *http.Request) { say(w, strings.Repeat("x", 2<<20)) }, "cannot be reached or understood", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := &fakeVision{t: t, answer: tt.answer}
			doc, err := read(t, v.config(), encode(t, "png", render(t, short, 40)), convert.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(doc.Content, "The ferry") || strings.Contains(doc.Content, "##") || doc.Metadata["description"] != nil ||
				len(doc.Warnings) != 1 || !strings.Contains(doc.Warnings[0], tt.want) || strings.Contains(doc.Warnings[0], "127.0.0.1") {
				t.Errorf("%+v", doc)
			}
			if n := v.calls.Load(); n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
		})
	}
}

func TestLongDescriptionIsCut(t *testing.T) {
	t.Parallel()
	v := &fakeVision{t: t, answer: func(w http.ResponseWriter, _ *http.Request) { say(w, strings.Repeat("ä", 100_000)) }}
	doc, err := read(t, v.config(), encode(t, "png", render(t, short, 40)), convert.Options{})
	if text, _ := doc.Metadata["description"].(string); err != nil || utf8.RuneCountInString(text) != 4000 {
		t.Errorf("%d runes, %v", utf8.RuneCountInString(text), err)
	}
}

func TestVisionThatHangsIsLeft(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	v := &fakeVision{t: t, answer: func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the server does not see the end
		close(asked)
		<-r.Context().Done()
	}}
	config := v.config()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	_, err := picture.New(config).Convert(ctx, save(t, encode(t, "png", render(t, short, 40))), convert.Options{}, func(float64, string) {})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestVisionIsListed(t *testing.T) {
	t.Parallel()
	for _, config := range []picture.Config{{}, (&fakeVision{t: t}).config()} {
		engines := picture.New(config).Engines(t.Context())
		e := engines[len(engines)-1]
		if e.Name != "vision model" || e.Available != (config.VisionURL != "") || !strings.Contains(e.Remedy, "MORAG_VISION_URL") {
			t.Errorf("%+v", e)
		}
	}
}
