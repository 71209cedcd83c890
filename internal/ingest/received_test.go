package ingest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"morag/internal/content"
)

// repeated is a JSON list of n times the element.
func repeated(element string, n int) json.RawMessage {
	return json.RawMessage("[" + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + "]")
}

func TestReceivedSegmentsAreBounded(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		raw      json.RawMessage
		kept     int
		warnings []string
	}{
		"none":         {nil, 0, nil},
		"null":         {json.RawMessage("null"), 0, nil},
		"two":          {repeated(`{"start":0,"end":1,"text":"a"}`, 2), 2, nil},
		"empty ones":   {repeated(`{}`, 1000), 0, nil},
		"as many":      {repeated(`{"text":"a"}`, maxSegments), maxSegments, nil},
		"one too many": {repeated(`{"text":"a"}`, maxSegments+1), maxSegments, []string{"the worker sent more than 200000 segments: 1 were left out"}},
		"no list":      {json.RawMessage(`{"a":1}`), 0, []string{"the worker's segments could not be read and were left out"}},
		"no end":       {json.RawMessage(`[{"text":"a"}`), 0, []string{"the worker's segments could not be read and were left out"}},
		"of text":      {json.RawMessage(`["a"]`), 0, []string{"the worker's segments could not be read and were left out"}},
		"no number":    {json.RawMessage(`[{"text":"a","end":1e999}]`), 0, []string{"the worker's segments could not be read and were left out"}},
		"insane numbers": {json.RawMessage(`[{"text":"a","start":-1,"end":1},{"text":"a","start":1,"end":1e300},{"text":"a","start":2,"end":1},{"text":"a","end":2592000}]`), 4,
			[]string{"3 of the worker's segments had times that cannot be and were moved"}},
	} {
		segments, warnings := receivedSegments(tt.raw)
		if len(segments) != tt.kept || !reflect.DeepEqual(warnings, tt.warnings) {
			t.Errorf("%s: %d segments, %q; want %d, %q", name, len(segments), warnings, tt.kept, tt.warnings)
		}
		for _, s := range segments {
			if s.Start < 0 || s.End < s.Start || s.End > maxSegmentTime {
				t.Errorf("%s: %v to %v", name, s.Start, s.End)
			}
		}
	}
	a, _ := receivedSegments(json.RawMessage(`[{"text":"a","speaker":"x"},{"text":"b"}]`))
	if !reflect.DeepEqual(a, []content.Segment{{Text: "a", Speaker: "x"}, {Text: "b"}}) {
		t.Errorf("one segment shows in the next: %v", a)
	}
}

func TestReceivedThumbnailsAreBounded(t *testing.T) {
	t.Parallel()
	got, warnings := receivedThumbnails(repeated(`""`, maxThumbnailsRead+3))
	if len(got) != maxThumbnailsRead || len(warnings) != 1 || warnings[0] != "the worker sent more than 400 thumbnails: 3 were left out" {
		t.Errorf("%d thumbnails, %q", len(got), warnings)
	}
	if got, warnings := receivedThumbnails(repeated(`""`, maxThumbnailsRead)); len(got) != maxThumbnailsRead || warnings != nil {
		t.Errorf("%d thumbnails, %q", len(got), warnings)
	}
}

func TestReceivedMetadataIsBounded(t *testing.T) {
	t.Parallel()
	metadata, warnings := receivedMetadata(json.RawMessage(`{"title":"a","pages":` + string(repeated("{}", 1000)) + `,"language":"en"}`))
	want := []string{`the worker's metadata may have 1000 values in 16 levels and 256 KiB: "pages" left out`}
	if !reflect.DeepEqual(metadata, map[string]any{"title": "a", "language": "en"}) || !reflect.DeepEqual(warnings, want) {
		t.Errorf("%v, %q", metadata, warnings)
	}
	var many strings.Builder
	for i := range 1012 {
		fmt.Fprintf(&many, `,"m%d":0`, i)
	}
	metadata, warnings = receivedMetadata(json.RawMessage("{" + many.String()[1:] + "}"))
	if len(metadata) != 1000 || len(warnings) != 1 || !strings.HasSuffix(warnings[0], `"m1008", "m1009" and 2 more left out`) {
		t.Errorf("%d members, %q", len(metadata), warnings)
	}
	for _, raw := range []string{"", "null"} {
		if metadata, warnings := receivedMetadata(json.RawMessage(raw)); metadata == nil || len(metadata) != 0 || warnings != nil {
			t.Errorf("%q: %v, %q", raw, metadata, warnings)
		}
	}
}

// TestConvertersMetadataIsBounded: what a file says of itself is held to the same.
func TestConvertersMetadataIsBounded(t *testing.T) {
	t.Parallel()
	list := make([]any, 1000)
	doc := &content.Document{Metadata: map[string]any{"a": list, "title": "x", "page_count": 3}}
	err := boundMetadata(doc)
	want := []string{`the metadata may have 1000 values in 16 levels and 256 KiB: "a" left out`}
	if err != nil || len(doc.Metadata) != 2 || doc.Metadata["title"] != "x" || !reflect.DeepEqual(doc.Warnings, want) {
		t.Errorf("%v, %q, %v", doc.Metadata, doc.Warnings, err)
	}
	doc = &content.Document{Metadata: map[string]any{"a": list[:998], "page_count": 3}}
	if err := boundMetadata(doc); err != nil || len(doc.Metadata) != 2 || doc.Metadata["page_count"] != 3 || doc.Warnings != nil {
		t.Errorf("%v, %q, %v", doc.Metadata, doc.Warnings, err)
	}
}
