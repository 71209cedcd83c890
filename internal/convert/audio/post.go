package audio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// statusError is an answer of the service that is not a success.
type statusError struct {
	code  int
	after time.Duration // what the service asks to wait, 0 for nothing
}

func (e *statusError) Error() string {
	return fmt.Sprintf("the speech service answered %d %s", e.code, http.StatusText(e.code))
}

// passing tells whether the same request may succeed later.
func (e *statusError) passing() bool {
	switch e.code {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
		return true
	}
	return e.code >= 500
}

// The waits between tries: half a second, doubling to eight, or what the service asks
// for, up to a minute.
const (
	serviceTries    = 6
	serviceDelay    = 500 * time.Millisecond
	serviceLongest  = 8 * time.Second
	serviceMaxDelay = time.Minute
)

// ask sends a recording and answers the body, trying again what may pass.
func (s *service) ask(ctx context.Context, path, language string) ([]byte, error) {
	delay := serviceDelay
	for try := 1; ; try++ {
		body, err := s.askOnce(ctx, path, language)
		if err == nil || ctx.Err() != nil || try == serviceTries {
			return body, err
		}
		wait := delay - rand.N(delay/4)
		if refused, ok := errors.AsType[*statusError](err); ok {
			if !refused.passing() {
				return nil, err
			}
			if refused.after > 0 {
				wait = min(refused.after, serviceMaxDelay)
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
		delay = min(2*delay, serviceLongest)
	}
}

func (s *service) askOnce(ctx context.Context, path, language string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, serviceAnswer)
	defer cancel()
	form, contentType := s.form(path, language)
	defer form.Close() // ends the goroutine that writes it
	address := strings.TrimRight(s.config.SpeechURL, "/") + "/audio/transcriptions"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, form)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", contentType)
	if s.config.SpeechKey != "" {
		req.Header.Set("Authorization", "Bearer "+s.config.SpeechKey)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		seconds, _ := strconv.ParseFloat(resp.Header.Get("Retry-After"), 64) // a date waits as without
		return nil, &statusError{code: resp.StatusCode, after: time.Duration(max(seconds, 0) * float64(time.Second))}
	}
	return io.ReadAll(http.MaxBytesReader(nil, resp.Body, maxTranscript))
}

// form streams the request's body, so that memory does not hold the recording.
func (s *service) form(path, language string) (io.ReadCloser, string) {
	out, in := io.Pipe()
	w := multipart.NewWriter(in)
	go func() { in.CloseWithError(s.writeForm(w, path, language)) }()
	return out, w.FormDataContentType()
}

func (s *service) writeForm(w *multipart.Writer, path, language string) error {
	fields := [][2]string{{"model", s.config.SpeechModel}, {"response_format", "verbose_json"}, {"timestamp_granularities[]", "segment"}}
	if language != "" {
		fields = append(fields, [2]string{"language", language})
	}
	for _, f := range fields {
		if err := w.WriteField(f[0], f[1]); err != nil {
			return err
		}
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	part, err := w.CreateFormFile("file", "speech.flac")
	if err != nil {
		return err
	}
	if _, err := io.Copy(part, file); err != nil {
		return err
	}
	return w.Close()
}
