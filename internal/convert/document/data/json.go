package data

import (
	"context"
	"fmt"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/charset"
	"morag/internal/convert/document/grid"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/source"
)

const (
	// A list of scalars stands on one line up to this many bytes.
	maxJSONLine = 200
	// Objects become a table of at most so many columns.
	maxJSONColumns = 50
)

// JSON makes an outline of JSON, NDJSON or GeoJSON.
func JSON(ctx context.Context, src source.File) (*content.Document, error) {
	raw, err := src.Bytes(ctx)
	if err != nil {
		return nil, err
	}
	return parseJSON(raw, src.Limits.MaxText)
}

// parseJSON writes a value as nested lists in which every name stands beside its value,
// and objects that are alike as the rows of a table.
func parseJSON(raw []byte, limit int64) (*content.Document, error) {
	text, err := charset.Decode(raw)
	if err != nil {
		return nil, convert.BadSource("the JSON file is binary data and not text", err)
	}
	values, err := parseJSONValues(text)
	if err != nil {
		return nil, err
	}
	root := values[0]
	if len(values) > 1 {
		root = jsonValue{jsonItems: &jsonItems{items: values}}
	}
	out := jsonOutline{limit: limit}
	out.block(root, "")
	if out.full() {
		return nil, convert.BadSource(fmt.Sprintf("the JSON takes more than %d MiB as text", limit>>20), nil)
	}
	meta := map[string]any{"engine": "json"}
	if root.jsonItems != nil {
		for i, key := range root.keys {
			if key == "title" && root.items[i].jsonItems == nil {
				property.Set(meta, "title", property.Line(root.items[i].text))
			}
		}
	}
	return &content.Document{Content: strings.TrimSpace(out.String()), Metadata: meta}, nil
}

// jsonOutline writes values; it stops once it is full.
type jsonOutline struct {
	strings.Builder
	limit int64
}

func (o *jsonOutline) full() bool { return int64(o.Len()) > o.limit }

// block writes a value on lines of its own, behind a margin.
func (o *jsonOutline) block(v jsonValue, margin string) {
	if line, ok := v.line(); ok {
		o.WriteString(margin + strings.ReplaceAll(line, "\n", "\n"+margin) + "\n")
		return
	}
	if table, ok := v.table(); ok {
		o.WriteString("\n" + margin + strings.ReplaceAll(table, "\n", "\n"+margin) + "\n\n")
		return
	}
	for i, item := range v.items {
		if o.full() {
			return
		}
		name := ""
		if v.isObject {
			name = oneLine(v.keys[i]) + ":"
		}
		line, ok := item.line()
		o.WriteString(strings.TrimRight(margin+"- "+name, " "))
		if ok {
			o.WriteString(" " + strings.ReplaceAll(line, "\n", "\n"+margin+"  ") + "\n")
			continue
		}
		o.WriteString("\n")
		o.block(item, margin+"  ")
	}
}

// line is a value that needs no lines of its own: a scalar, a short list of scalars
// or nothing.
func (v jsonValue) line() (string, bool) {
	switch {
	case v.jsonItems == nil && strings.TrimSpace(v.text) == "":
		return `""`, true
	case v.jsonItems == nil:
		return strings.TrimSpace(charset.CleanLines(v.text)), true
	case len(v.items) == 0 && v.isObject:
		return "{}", true
	case len(v.items) == 0:
		return "[]", true
	case v.isObject:
		return "", false
	}
	var parts []string
	size := 0
	for _, item := range v.items {
		if size += len(item.text) + 2; item.jsonItems != nil || size > maxJSONLine || strings.Contains(item.text, "\n") {
			return "", false
		}
		parts = append(parts, oneLine(item.text))
	}
	return strings.Join(parts, ", "), true
}

// table makes a table of a list of two objects or more that share most of their names
// and hold no objects themselves.
func (v jsonValue) table() (string, bool) {
	if v.isObject || len(v.items) < 2 {
		return "", false
	}
	columns := map[string]int{}
	var header []string
	filled := 0
	for _, item := range v.items {
		if item.jsonItems == nil || !item.isObject {
			return "", false
		}
		for i, key := range item.keys {
			if _, ok := item.items[i].line(); !ok {
				return "", false
			}
			if _, known := columns[key]; !known {
				columns[key] = len(header)
				header = append(header, key)
			}
		}
		filled += len(item.keys)
		if len(header) > maxJSONColumns {
			return "", false
		}
	}
	if filled*2 < len(header)*len(v.items) {
		return "", false
	}
	var table grid.Table
	table.Row(header)
	row, said := make([]string, len(header)), make([][]string, len(header))
	for _, item := range v.items {
		clear(said)
		for i, key := range item.keys {
			line, _ := item.items[i].line()
			if at := columns[key]; line != "" || len(said[at]) > 0 { // else it says nothing
				said[at] = append(said[at], line)
			}
		}
		for i, lines := range said { // more than one where a name stands twice
			row[i] = strings.Join(lines, ", ")
		}
		table.Row(row)
	}
	return table.String(), true
}

// oneLine makes one line of a text.
func oneLine(s string) string { return strings.ReplaceAll(charset.CleanLines(s), "\n", " ") }
