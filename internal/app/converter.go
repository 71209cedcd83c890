package app

import (
	"morag/internal/config"
	"morag/internal/convert"
	"morag/internal/convert/audio"
	"morag/internal/convert/document"
)

// NewConverters lists the converters, the same for the server, the worker and
// `morag convert`.
func NewConverters(e config.Engines) *convert.Registry {
	return convert.NewRegistry(
		audio.New(audio.Config{
			ScratchDir: e.TempDir, Threads: e.Threads, Timeout: e.Timeout.Duration(),
			SpeechURL: e.SpeechURL, SpeechKey: e.SpeechAPIKey, SpeechModel: e.SpeechModel, WhisperModel: e.WhisperModel,
		}),
		document.New(document.Config{Timeout: e.Timeout.Duration()}),
	)
}
