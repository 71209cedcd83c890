package assembly

import (
	"encoding/json"
	"reflect"
	"slices"

	"morag/internal/content"
	"morag/internal/convert/timed"
)

// ofPieces are what parts tell of their pieces, which says nothing of the source.
var ofPieces = []string{
	"duration", "file_size", "mime_type", "sample_rate", "channels", "bit_rate", "codec", "page_count", "speakers", "language", Embeddings,
}

// times are the names of seconds in what a list holds.
var times = []string{"start", "end", "time", "timestamp"}

// counted are figures of which the source has the sum.
var counted = []string{"word_count", "segment_count", "character_count"}

// metadata is what is known of the source: what all parts say alike, what they say of times
// and pages of theirs, and before these what the source says itself.
func (a assembly) metadata(segments []content.Segment) map[string]any {
	meta := map[string]any{}
	for _, name := range a.common() {
		if value, ok := a.joined(name); ok {
			meta[name] = value
		}
	}
	for name, value := range a.plan.Metadata {
		meta[name] = value
	}
	if _, known := meta["title"]; !known && a.plan.Rate == 0 {
		a.titled(meta)
	}
	if a.plan.Rate > 0 {
		if _, known := meta["duration"]; !known {
			meta["duration"] = timed.Round(a.end())
		}
	}
	if language := a.language(); language != "" {
		meta["language"] = language
	}
	if who := content.Speakers(segments); who != nil {
		meta["speakers"] = who
	}
	return meta
}

// titled takes the title of a document from the part that it begins with.
func (a assembly) titled(meta map[string]any) {
	if first := a.parts[0]; first != nil && first.Metadata["title"] != nil {
		meta["title"] = first.Metadata["title"]
	}
}

// hasText tells whether a part is there and has a text.
func hasText(d *content.Document) bool {
	return d != nil && (d.Content != "" || len(d.Segments) > 0)
}

// common are the names that every part has which is there and has a text.
func (a assembly) common() []string {
	var names []string
	first := true
	for _, d := range a.parts {
		switch {
		case !hasText(d):
		case first:
			for name := range d.Metadata {
				names = append(names, name)
			}
			first = false
		default:
			names = slices.DeleteFunc(names, func(name string) bool { _, there := d.Metadata[name]; return !there })
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(ofPieces, name) })
}

// joined is what the parts that have text say under a name: a sum, a list, or what is the
// same of all; ok is false when they differ.
func (a assembly) joined(name string) (value any, ok bool) {
	var list []any
	sum, alike := 0.0, true
	lists, first := true, true
	for i, d := range a.parts {
		if !hasText(d) {
			continue
		}
		v := d.Metadata[name]
		if first {
			value, first = v, false
		}
		alike = alike && reflect.DeepEqual(v, value)
		n, _ := number(v)
		sum += n
		placed, isList := a.moved(i, v)
		lists = lists && isList
		list = append(list, placed...)
	}
	switch {
	case slices.Contains(counted, name):
		return sum, true
	case lists:
		return list, true
	}
	return value, alike
}

// moved is a list of what is at a time or on a page, with its places in the whole source.
func (a assembly) moved(i int, v any) (list []any, ok bool) {
	given, isList := v.([]any)
	if !isList || len(given) == 0 {
		return nil, false
	}
	p := a.plan.Parts[i]
	for _, element := range given {
		o, isObject := element.(map[string]any)
		if !isObject {
			return nil, false
		}
		to := make(map[string]any, len(o))
		placed := false
		for name, value := range o {
			to[name] = value
			n, isNumber := number(value)
			switch {
			case !isNumber:
			case a.plan.Rate > 0 && slices.Contains(times, name):
				to[name], placed = timed.Round(n+a.seconds(p.HasFrom)), true
			case a.plan.Rate == 0 && name == "page":
				to[name], placed = n+float64(p.HasFrom), true
			}
		}
		if !placed {
			return nil, false
		}
		list = append(list, to)
	}
	return list, true
}

// number is v, 0 of what is none.
func number(v any) (n float64, ok bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	case json.Number:
		f, _ := n.Float64()
		return f, true
	}
	return 0, false
}
