package api

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode"

	"morag/internal/convert"
	"morag/internal/outbound"
	"morag/internal/task"
)

// Bounds of the options; those of chunking are package chunk's.
const (
	maxRemoteTimeout = 7 * 24 * 3600 // seconds
	maxMetadataBytes = 256 << 10
	maxSecretBytes   = 1 << 10
	maxPriority      = 1_000_000
)

// options reads what a client asks for: from the JSON field request_data, flat or
// nested as the documents have it, and over it from form fields of the same names.
// Only the first thing that is wrong is told.
type options struct {
	values map[string]any // string from the form, any JSON value from request_data
	err    error
}

func readOptions(fields map[string]string) (*options, error) {
	o := &options{values: map[string]any{}}
	if raw := fields["request_data"]; raw != "" {
		var data map[string]any
		if err := decodeJSON([]byte(raw), "request_data", &data); err != nil {
			return nil, err
		}
		o.flatten(data)
	}
	if raw := fields["options"]; raw != "" {
		var data map[string]any
		if err := decodeJSON([]byte(raw), "options", &data); err != nil {
			return nil, err
		}
		o.flatten(data)
	}
	for name, value := range fields {
		if name != "request_data" && name != "options" && value != "" {
			o.values[name] = value
		}
	}
	if raw, ok := o.values["metadata"].(string); ok {
		var metadata map[string]any
		if err := decodeJSON([]byte(raw), "metadata", &metadata); err != nil {
			return nil, err
		}
		o.values["metadata"] = metadata
	}
	o.liftControls()
	return o, o.err
}

// nested are the objects of request_data whose members are options by themselves.
var nested = map[string]string{"processing_options": "", "options": "", "webhook_config": "webhook_"}

func (o *options) flatten(data map[string]any) {
	for name, value := range data {
		prefix, isNested := nested[name]
		if !isNested {
			if value != nil {
				o.values[name] = value
			}
			continue
		}
		inner, ok := value.(map[string]any)
		if !ok {
			if value != nil {
				o.fail("%s must be an object", name)
			}
			continue
		}
		for member, v := range inner {
			if v != nil {
				o.values[prefix+member] = v
			}
		}
	}
}

// liftControls takes remote, remote_timeout and fallback_to_local out of metadata,
// where the documents allow them; at top level they come first.
func (o *options) liftControls() {
	metadata, ok := o.values["metadata"].(map[string]any)
	if !ok {
		if o.values["metadata"] != nil {
			o.fail("metadata must be a JSON object")
		}
		return
	}
	for _, name := range []string{"remote", "remote_timeout", "fallback_to_local"} {
		value, there := metadata[name]
		delete(metadata, name)
		if _, above := o.values[name]; there && !above && value != nil {
			o.values[name] = value
		}
	}
}

func (o *options) fail(format string, args ...any) {
	if o.err == nil {
		o.err = invalid(format, args...)
	}
}

func (o *options) text(name string) string {
	switch v := o.values[name].(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		o.fail("%s must be a string", name)
		return ""
	}
}

func (o *options) flag(name string, fallback bool) bool {
	switch v := o.values[name].(type) {
	case nil:
		return fallback
	case bool:
		return v
	case float64:
		if v == 0 || v == 1 {
			return v == 1
		}
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true", "1", "yes", "on":
			return true
		case "false", "0", "no", "off":
			return false
		}
	}
	o.fail("%s must be true or false", name)
	return fallback
}

// number reads a whole number from low to high, nil when it is absent.
func (o *options) number(name string, low, high int) *int {
	var n float64
	switch v := o.values[name].(type) {
	case nil:
		return nil
	case float64:
		n = v
	case string:
		var err error
		if n, err = strconv.ParseFloat(strings.TrimSpace(v), 64); err != nil {
			n = math.NaN()
		}
	default:
		n = math.NaN()
	}
	if n != math.Trunc(n) || n < float64(low) || n > float64(high) {
		o.fail("%s must be a whole number from %d to %d", name, low, high)
		return nil
	}
	whole := int(n)
	return &whole
}

// contentType is what the client says the source is. source_type is its older name,
// which request_data also uses for where the source comes from.
func (o *options) contentType() string {
	if t := o.text("content_type"); t != "" {
		return t
	}
	switch t := o.text("source_type"); t {
	case "file", "url", "batch":
		return ""
	default:
		return t
	}
}

// task reads the options of an ingestion.
func (o *options) task(guard *outbound.Guard) (task.Options, error) {
	out := task.Options{
		DocumentID:        o.text("document_id"),
		ReplaceExisting:   o.flag("replace_existing", false),
		ChunkingStrategy:  o.text("chunking_strategy"),
		Language:          o.text("language"),
		Password:          o.text("password"),
		IncludeThumbnails: o.flag("include_thumbnails", false),
		UseDocling:        o.flag("use_docling", false),
		Remote:            o.flag("remote", false),
		NoFallback:        !o.flag("fallback_to_local", true),
	}
	if out.DocumentID != "" && !task.ValidID(out.DocumentID) {
		o.fail("document_id must be 1 to 128 letters, digits, '_' or '-'")
	}
	if n := o.number("chunk_size", math.MinInt32, math.MaxInt32); n != nil {
		if out.ChunkSize = *n; *n == 0 {
			out.ChunkSize = -1 // 0 would mean the default
		}
	}
	out.ChunkOverlap = o.number("chunk_overlap", math.MinInt32, math.MaxInt32)
	if n := o.number("remote_timeout", 1, maxRemoteTimeout); n != nil {
		out.RemoteTimeout = *n
	}
	if n := o.number("thumbnail_count", 1, convert.MaxThumbnails); n != nil {
		out.ThumbnailCount = *n
	}
	if n := o.number("thumbnail_size", 1, convert.MaxThumbnailSize); n != nil {
		out.ThumbnailSize = *n
	}
	if n := o.number("priority", -maxPriority, maxPriority); n != nil {
		out.Priority = *n
	}
	if len(out.Language) > 35 {
		o.fail("language must be a language tag such as en or de-CH")
	}
	if len(out.Password) > maxSecretBytes {
		o.fail("password must not be longer than %d bytes", maxSecretBytes)
	}
	out.Metadata, _ = o.values["metadata"].(map[string]any)
	if o.metadataSize() > maxMetadataBytes {
		o.fail("metadata must not be larger than %d bytes", maxMetadataBytes)
	}
	out.Webhook = o.webhook(guard)
	return out, o.err
}

// metadataSize is how many bytes the metadata takes as JSON, 0 without any.
func (o *options) metadataSize() int {
	metadata, ok := o.values["metadata"].(map[string]any)
	if !ok {
		return 0
	}
	raw, err := json.Marshal(metadata)
	if err != nil { // it came as JSON
		o.fail("metadata must be a JSON object")
	}
	return len(raw)
}

func (o *options) webhook(guard *outbound.Guard) *task.Webhook {
	hook := task.Webhook{URL: o.text("webhook_url"), AuthToken: o.text("webhook_auth_token"), Secret: o.text("webhook_secret")}
	if hook.URL == "" {
		return nil
	}
	if len(hook.AuthToken) > maxSecretBytes {
		o.fail("webhook_auth_token must not be longer than %d bytes", maxSecretBytes)
	}
	if strings.ContainsFunc(hook.AuthToken, unicode.IsControl) {
		o.fail("webhook_auth_token must not hold control characters: it is sent as a header")
	}
	if len(hook.Secret) > maxSecretBytes {
		o.fail("webhook_secret must not be longer than %d bytes", maxSecretBytes)
	}
	if why := guard.Check(hook.URL); why != "" {
		o.fail("webhook_url %s", why)
	}
	return &hook
}
