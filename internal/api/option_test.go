package api

import (
	"encoding/json"
	"strings"
	"testing"

	"morag/internal/outbound"
	"morag/internal/task"
)

func TestOptionsFromTheDocumentedUpload(t *testing.T) {
	t.Parallel()
	o, err := readOptions(map[string]string{"request_data": `{
		"mode": "ingest", "source_type": "file", "content_type": "audio",
		"webhook_config": {"url": "http://my-app.com/webhook", "auth_token": "t"},
		"processing_options": {"chunk_size": 1000, "chunk_overlap": 0, "chunking_strategy": "word"},
		"metadata": {"remote": true, "project": "x"}, "document_id": null}`})
	if err != nil {
		t.Fatal(err)
	}
	got, err := o.task(&outbound.Guard{})
	if err != nil {
		t.Fatal(err)
	}
	if !got.Remote || got.ChunkSize != 1000 || got.ChunkOverlap == nil || *got.ChunkOverlap != 0 || got.ChunkingStrategy != "word" {
		t.Errorf("options %+v: want remote, chunks of 1000 without overlap, by word", got)
	}
	if got.Webhook == nil || got.Webhook.URL != "http://my-app.com/webhook" || got.Webhook.AuthToken != "t" {
		t.Errorf("webhook %+v: want the configured one", got.Webhook)
	}
	if string(got.Metadata) != `{"project":"x"}` {
		t.Errorf("metadata %s: want the project only", got.Metadata)
	}
	if o.contentType() != "audio" {
		t.Errorf("content type %q, want audio", o.contentType())
	}
}

func TestOptionsPrecedence(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fields map[string]string
		want   func(task.Options) bool
	}{
		"the form field wins":           {map[string]string{"language": "de", "request_data": `{"language":"en"}`}, func(o task.Options) bool { return o.Language == "de" }},
		"top level before metadata":     {map[string]string{"request_data": `{"remote":false,"metadata":{"remote":true}}`}, func(o task.Options) bool { return !o.Remote }},
		"an empty field is absent":      {map[string]string{"language": "", "request_data": `{"language":"en"}`}, func(o task.Options) bool { return o.Language == "en" }},
		"Python's True":                 {map[string]string{"remote": "True"}, func(o task.Options) bool { return o.Remote }},
		"metadata as a form field":      {map[string]string{"metadata": `{"remote":true}`}, func(o task.Options) bool { return o.Remote }},
		"size of thumbnails":            {map[string]string{"thumbnail_count": "2", "request_data": `{"processing_options":{"thumbnail_size":64}}`}, func(o task.Options) bool { return o.ThumbnailCount == 2 && o.ThumbnailSize == 64 }},
		"no fallback":                   {map[string]string{"fallback_to_local": "off"}, func(o task.Options) bool { return o.NoFallback }},
		"fallback is the default":       {nil, func(o task.Options) bool { return !o.NoFallback }},
		"a number as text in the JSON":  {map[string]string{"request_data": `{"remote_timeout":"60"}`}, func(o task.Options) bool { return o.RemoteTimeout == 60 }},
		"null in a nested object":       {map[string]string{"request_data": `{"processing_options":{"chunk_size":null}}`}, func(o task.Options) bool { return o.ChunkSize == 0 }},
		"chunk_size 0 is not a default": {map[string]string{"chunk_size": "0"}, func(o task.Options) bool { return o.ChunkSize < 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, err := readOptions(c.fields)
			if err != nil {
				t.Fatal(err)
			}
			got, err := o.task(&outbound.Guard{})
			if err != nil || !c.want(got) {
				t.Errorf("%v gives %+v, %v", c.fields, got, err)
			}
		})
	}
}

func TestOptionsNameTheFieldThatIsWrong(t *testing.T) {
	t.Parallel()
	for field, value := range map[string]string{
		"metadata": "{", "request_data": "[1]", "chunk_size": "many", "chunk_overlap": "1.5", "remote": "maybe",
		"remote_timeout": "0", "document_id": "../x", "webhook_url": "ftp://x", "priority": "1e99",
		"language": strings.Repeat("x", 40), "replace_existing": "2",
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			o, err := readOptions(map[string]string{field: value})
			if err == nil {
				_, err = o.task(&outbound.Guard{})
			}
			if err == nil || !strings.Contains(err.Error(), field) && field != "request_data" {
				t.Errorf("%s=%q: %v; want a sentence that names the field", field, value, err)
			}
		})
	}
}

func TestWebhookSecretsAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxSecretBytes+1)
	for field, values := range map[string][]string{
		"webhook_auth_token": {long, "a\r\nX: y", "\x00", "\x7f"}, "webhook_secret": {long},
	} {
		for _, value := range values {
			o, err := readOptions(map[string]string{"webhook_url": "https://example.com", field: value})
			if err == nil {
				_, err = o.task(&outbound.Guard{})
			}
			if err == nil || !strings.Contains(err.Error(), field) || strings.Contains(err.Error(), value) {
				t.Errorf("%s=%.10q: %v; want a sentence that names the field, and not its value", field, value, err)
			}
		}
	}
}

func FuzzOptions(f *testing.F) {
	f.Add(`{"metadata":{"remote":true}}`, "chunk_size", "500")
	f.Add(`{"processing_options":[1],"webhook_config":"x"}`, "metadata", "[]")
	f.Add(`null`, "remote", "TRUE")
	f.Fuzz(func(t *testing.T, data, field, value string) {
		o, err := readOptions(map[string]string{"request_data": data, field: value})
		if err != nil {
			return
		}
		got, err := o.task(&outbound.Guard{})
		if err != nil {
			return
		}
		if _, err := json.Marshal(got); err != nil {
			t.Errorf("options %+v cannot be stored: %v", got, err)
		}
	})
}

func TestCleanName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"talk.mp3": "talk.mp3", "../../x.pdf": "x.pdf", `..\..\x.pdf`: "x.pdf", "a\x00b.pdf": "ab.pdf", "Öl ü.txt": "Öl ü.txt",
	} {
		if got := cleanName(name); got != want {
			t.Errorf("cleanName(%q) = %q, want %q", name, got, want)
		}
	}
	long := cleanName(strings.Repeat("x", 4096) + ".pdf")
	if len(long) > maxNameBytes || !strings.HasSuffix(long, ".pdf") {
		t.Errorf("a long name has %d bytes and ends %q", len(long), long[len(long)-8:])
	}
}

func FuzzResult(f *testing.F) {
	f.Add([]byte(`{"success":true,"content":"x","metadata":{"a":1},"processing_time":1.5}`))
	f.Add([]byte(`{"success":false,"error_message":"boom","retryable":false}`))
	f.Add([]byte(`{"success":true,"metadata":[],"segments":{}}`))
	f.Add([]byte(`{"success":true,"segments":[{"start":-1e300,"end":1,"text":"x"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := decodeResult(body)
		if err != nil {
			if answer(err) == nil {
				t.Errorf("%q: %v is no answer", body, err)
			}
			return
		}
		if r.Success && !json.Valid(r.Data) {
			t.Errorf("%q gives result data that is no JSON: %q", body, r.Data)
		}
		sender(body)
	})
}

// FuzzItems reads the items of a batch: each is a request of its own, and together they
// stay within bounds.
func FuzzItems(f *testing.F) {
	f.Add(`{"items":[{"url":"https://example.org/"},{"url":"x","metadata":{"remote":true}}],"metadata":{"a":1}}`)
	f.Add(`{"items":[{"options":{"metadata":[]}}],"metadata":{"remote":"maybe"}}`)
	f.Add(`{"items":"[{\"url\":1}]","source_type":"batch"}`)
	f.Add(`{"items":[null]}`)
	f.Add(`{"items":{}}`)
	s := New(Config{Outbound: &outbound.Guard{}})
	f.Fuzz(func(t *testing.T, data string) {
		o, err := readOptions(map[string]string{"request_data": data})
		if err != nil {
			return
		}
		items, err := o.items()
		if err != nil {
			if p := answer(err); p == nil || p.Status != 400 && p.Status != 422 {
				t.Errorf("%q: %v is no answer", data, err)
			}
			return
		}
		total := 0
		for _, item := range items {
			total += item.metadataSize()
			if src, _, err := s.address(item); err == nil && s.Outbound.Check(src.URL) != "" {
				t.Errorf("%q: %q may not be called", data, src.URL)
			}
			if got, err := item.task(s.Outbound); err == nil && got.Webhook != nil {
				t.Errorf("%q: an item has a webhook of its own", data)
			}
		}
		if len(items) == 0 || len(items) > maxItems || total > maxBatchMetadata {
			t.Errorf("%d items with %d bytes of metadata", len(items), total)
		}
	})
}
