package api

import (
	"encoding/json"

	"morag/internal/option"
	"morag/internal/outbound"
	"morag/internal/task"
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

// liftControls takes what decides the way out of the metadata, where the documents
// allow it; at top level it comes first.
func (o *options) liftControls() {
	metadata, ok := o.values["metadata"].(map[string]any)
	if !ok {
		if o.values["metadata"] != nil {
			o.fail("metadata must be a JSON object")
		}
		return
	}
	for _, row := range option.Rows() {
		if !row.InMetadata {
			continue
		}
		value, there := metadata[row.Name]
		delete(metadata, row.Name)
		if _, above := o.values[row.Name]; there && !above && value != nil {
			o.values[row.Name] = value
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
	if o.err != nil {
		return task.Options{}, o.err
	}
	out, err := option.Read(o.values)
	if err != nil {
		return task.Options{}, invalid("%s", err)
	}
	if out.Webhook != nil {
		if why := guard.Check(out.Webhook.URL); why != "" {
			return task.Options{}, invalid("webhook_url %s", why)
		}
	}
	return out, nil
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
