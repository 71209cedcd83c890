package worker

import (
	"encoding/json"

	"morag/internal/convert"
	"morag/internal/option"
)

// optionsOf reads task_options. What is unknown or of another type than it should be
// is ignored: options come from any client, by way of the server.
func optionsOf(raw json.RawMessage) convert.Options {
	return option.ReadLenient(raw, option.ForConversion).Conversion
}
