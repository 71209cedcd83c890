package app

import (
	"morag/internal/config"
	"morag/internal/convert"
	"morag/internal/convert/audio"
	"morag/internal/convert/document"
	"morag/internal/convert/image"
	"morag/internal/convert/video"
)

// NewConverters lists the converters, the same for the server, the worker and
// `morag convert`.
func NewConverters(e config.Engines) *convert.Registry {
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
	)
}
