// Package markdown passes Markdown on and reads what it says of itself.
package markdown

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/charset"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/source"
)

// maxFrontMatter bounds what the YAML parser is given.
const maxFrontMatter = 64 << 10

var (
	atxHeading  = regexp.MustCompile(`^ {0,3}#{1,6}(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$`)
	underline   = regexp.MustCompile(`^ {0,3}(?:=+|-+)[ \t]*$`)
	codeFence   = regexp.MustCompile("^ {0,3}(`{3,}|~{3,})")
	inlineMarks = regexp.MustCompile("[*_`]+|!?\\[([^\\]]*)\\]\\([^)]*\\)")
)

// Read passes Markdown on as it is.
func Read(ctx context.Context, src source.File) (*content.Document, error) {
	raw, err := src.Bytes(ctx)
	if err != nil {
		return nil, err
	}
	return parse(raw)
}

// parse reads what the text says about itself: front matter and headings.
func parse(raw []byte) (*content.Document, error) {
	text, err := charset.Decode(raw)
	if err != nil {
		return nil, convert.BadSource("the document is binary data and not text", err)
	}
	text = strings.TrimRight(text, " \n\f")
	meta := frontMatter(text)
	if _, known := meta["title"]; !known {
		property.Set(meta, "title", FirstHeading(text))
	}
	meta["engine"] = "markdown"
	return &content.Document{Content: text, Metadata: meta}, nil
}

// frontMatter reads the YAML block between "---" lines at the very start. What is no
// YAML mapping there is text like any other.
func frontMatter(text string) map[string]any {
	meta := map[string]any{}
	rest, found := strings.CutPrefix(text, "---\n")
	if !found {
		return meta
	}
	block, _, found := strings.Cut(rest[:min(len(rest), maxFrontMatter)], "\n---")
	if !found {
		return meta
	}
	var fields map[string]any
	if yaml.Unmarshal([]byte(block), &fields) != nil {
		return meta
	}
	for key, names := range map[string][]string{
		"title": {"title"}, "author": {"author", "authors"}, "created": {"date", "created"}, "language": {"lang", "language"},
	} {
		for _, name := range names {
			property.Set(meta, key, yamlText(fields[name]))
		}
	}
	return meta
}

// yamlText makes one line of a YAML value: a scalar, a date or a list of scalars.
func yamlText(value any) string {
	switch v := value.(type) {
	case string:
		return property.Line(v)
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	case []any:
		var items []string
		for _, item := range v {
			if s := yamlText(item); s != "" {
				items = append(items, s)
			}
		}
		return strings.Join(items, ", ")
	case int, float64, bool:
		return fmt.Sprint(v)
	}
	return ""
}

// FirstHeading returns the text of the first heading outside code, "" if there is
// none.
func FirstHeading(text string) string {
	fence, previous := "", ""
	inFrontMatter := strings.HasPrefix(text, "---\n")
	for i, line := range strings.Split(text, "\n") {
		switch {
		case inFrontMatter:
			inFrontMatter = i == 0 || !strings.HasPrefix(line, "---")
			continue
		case fence != "":
			if strings.HasPrefix(strings.TrimSpace(line), fence) {
				fence = ""
			}
			continue
		}
		if open := codeFence.FindStringSubmatch(line); open != nil {
			fence, previous = open[1], ""
			continue
		}
		if heading := atxHeading.FindStringSubmatch(line); heading != nil && plain(heading[1]) != "" {
			return plain(heading[1])
		}
		if underline.MatchString(line) && plain(previous) != "" {
			return plain(previous)
		}
		previous = line
		if strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "\t") {
			previous = ""
		}
	}
	return ""
}

// plain takes emphasis, code marks and links off a heading.
func plain(heading string) string {
	return property.Line(inlineMarks.ReplaceAllString(heading, "$1"))
}
