package ooxml

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// coreNames are the properties of docProps/core.xml that become metadata.
var coreNames = map[string]string{
	"dc:title": "title", "dc:creator": "author", "dc:language": "language", "dc:subject": "subject",
	"cp:keywords": "keywords", "dc:description": "description", "dcterms:created": "created", "dcterms:modified": "modified",
}

// maxProperty is the longest metadata value in bytes.
const maxProperty = 4 << 10

// properties reads what the file says about itself. The parts are optional, and a
// damaged one is as good as none.
func (a *pack) properties(ctx context.Context) (map[string]any, error) {
	relations, err := a.relations(ctx, "")
	if err != nil && !isDamage(err) {
		return nil, err
	}
	meta := map[string]any{"engine": engine}
	err = a.scanProperties(ctx, related(relations, "core-properties"), "docProps/core.xml", func(name, value string) {
		key := coreNames[name]
		if key == "created" || key == "modified" {
			value = date(value)
		}
		if key != "" && value != "" {
			meta[key] = value
		}
	})
	if err != nil {
		return nil, err
	}
	err = a.scanProperties(ctx, related(relations, "extended-properties"), "docProps/app.xml", func(name, value string) {
		n, err := strconv.ParseInt(value, 10, 32)
		if err != nil || n < 0 {
			return
		}
		switch name {
		case "ep:Pages", "ep:Slides":
			meta["page_count"] = int(n)
		case "ep:Words":
			meta["word_count"] = int(n)
		}
	})
	return meta, err
}

func (a *pack) scanProperties(ctx context.Context, name, usual string, visit func(name, value string)) error {
	if name == "" {
		name = usual
	}
	err := a.scan(ctx, name, a.limits.MaxPart/8, func(s *scanner, _ element) error {
		return s.each(func(e element) error {
			value, err := s.text()
			if err == nil && len(value) <= maxProperty {
				visit(e.name, oneLine(value))
			}
			return err
		})
	})
	if isDamage(err) {
		return nil
	}
	return err
}

// date returns RFC 3339 in UTC of a W3C date, a date alone when there is no time, ""
// for what is neither.
func date(value string) string {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC().Format(time.RFC3339)
		}
	}
	if t, err := time.Parse(time.DateOnly, value); err == nil {
		return t.Format(time.DateOnly)
	}
	return ""
}

// oneLine makes single spaces of all white space.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
