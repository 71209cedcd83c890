package app

import (
	"fmt"

	"morag/internal/config"
	"morag/internal/convert"
	"morag/internal/convert/audio"
	"morag/internal/convert/document"
	"morag/internal/convert/image"
	"morag/internal/convert/video"
	"morag/internal/outbound"
)

// newGuard fails with one line that names the setting.
func newGuard(e config.Engines) (*outbound.Guard, error) {
	guard, err := outbound.NewGuard(e.AllowPrivateURLs)
	if err != nil {
		return nil, fmt.Errorf("MORAG_ALLOW_PRIVATE_URLS: %w", err)
	}
	return guard, nil
}

// NewConverters lists the converters, the same for the server, the worker and
// `morag convert`. It fails on a setting that cannot work, which it names.
func NewConverters(e config.Engines) (*convert.Registry, error) {
	if _, err := newGuard(e); err != nil {
		return nil, err
	}
	timeout := e.Timeout.Duration()
	sound := audio.New(audio.Config{
		ScratchDir: e.TempDir, Threads: e.Threads, Timeout: timeout,
		SpeechURL: e.SpeechURL, SpeechKey: e.SpeechAPIKey, SpeechModel: e.SpeechModel, WhisperModel: e.WhisperModel,
	})
	return convert.NewRegistry(
		sound,
		video.New(video.Config{Threads: e.Threads, Timeout: timeout}, sound),
		document.New(document.Config{Timeout: timeout}),
		image.New(image.Config{Timeout: timeout}),
	), nil
}
