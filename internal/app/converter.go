package app

import (
	"morag/internal/config"
	"morag/internal/convert"
	"morag/internal/convert/document"
)

// NewConverters lists the converters, the same for the server, the worker and
// `morag convert`.
func NewConverters(e config.Engines) *convert.Registry {
	return convert.NewRegistry(
		document.New(document.Config{Timeout: e.Timeout.Duration()}),
	)
}
