package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"morag/internal/wire"
)

type searchCmd struct {
	server
	Query       []string       `arg:"" help:"What to look for. A \"phrase\" must be in a hit as it is; after --, -word and -\"phrase\" must not."`
	Limit       int            `default:"10" min:"1" max:"100" help:"How many hits, at most 100."`
	Mode        string         `enum:"hybrid,words,vectors" default:"hybrid" help:"hybrid, words (the same words) or vectors (near in meaning)."`
	MinScore    float64        `placeholder:"SCORE" help:"Leave out hits with less, from 0 to 1."`
	PerDocument int            `placeholder:"N" help:"At most so many hits of one document."`
	Expand      int            `placeholder:"N" help:"Show so many chunks before and after each hit, at most 5."`
	Rerank      bool           `default:"true" negatable:"" help:"Let the reranker order the results anew, where the operator has set one."`
	Facets      []string       `placeholder:"NAME,…" help:"Count the values of these metadata in the documents that are found, at most 10 names."`
	Filters     map[string]any `type:"object" placeholder:"JSON" help:"Only what has these metadata, a JSON object; also document_id, source_name, source_type and processing_method."`
}

// noQuery says what a search without a query lacks.
const noQuery = "<query> is missing: --filters narrow what it finds, and morag documents list lists all"

func (c *searchCmd) Run(ctx context.Context, std streams) error {
	if strings.TrimSpace(strings.Join(c.Query, "")) == "" {
		return usageError{errors.New(noQuery)}
	}
	in := wire.Search{
		Query: strings.Join(c.Query, " "), Limit: &c.Limit, Filters: c.Filters,
		Mode: c.Mode, MinScore: c.MinScore, PerDocument: c.PerDocument, Expand: c.Expand, Facets: c.Facets, Rerank: &c.Rerank,
	}
	api, err := c.client()
	if err != nil {
		return err
	}
	found, err := api.Search(ctx, in)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.out, found)
	}
	return printFound(std, found)
}

func printFound(std streams, found wire.Found) error {
	for _, w := range found.Warnings {
		fmt.Fprintf(std.err, "warning: %s\n", oneLine(w))
	}
	if len(found.Results) == 0 {
		_, err := fmt.Fprintln(std.out, "nothing found")
		return err
	}
	var ids []string
	for _, h := range found.Results {
		ids = append(ids, h.DocumentID)
		for _, same := range h.AlsoIn {
			ids = append(ids, same.DocumentID)
		}
	}
	short := shorten(ids)
	for i, h := range found.Results {
		if _, err := fmt.Fprintf(std.out, "%d. %s%s, score %.2f\n", i+1, source(h, short), where(h), h.Score); err != nil {
			return err
		}
		if _, err := io.WriteString(wide(std.out), told(h, short, isTerminal(std.out))); err != nil {
			return err
		}
	}
	return printFacets(std.out, found.Facets)
}

// printFacets writes a line for each name, the commonest values first.
func printFacets(out io.Writer, facets map[string][]wire.Facet) error {
	for _, name := range slices.Sorted(maps.Keys(facets)) {
		values := make([]string, len(facets[name]))
		for i, f := range facets[name] {
			values[i] = fmt.Sprintf("%s (%d)", oneLine(fmt.Sprint(f.Value)), f.Count)
		}
		if _, err := fmt.Fprintf(out, "%s: %s\n", oneLine(name), cmp.Or(strings.Join(values, ", "), "none")); err != nil {
			return err
		}
	}
	return nil
}

// told is the text of a hit with what is around it. A terminal may obey it: of what is a
// stranger's the control characters are shown.
func told(h wire.Hit, short func(string) string, marks bool) string {
	var b strings.Builder
	line := func(text string) { b.WriteString("   " + text + "\n") }
	for _, text := range h.Before {
		line(excerpt(text))
	}
	if h.Snippet == "" { // of an older server
		line(excerpt(h.Content))
	} else {
		line(snippet(h, marks))
	}
	for _, text := range h.After {
		line(excerpt(text))
	}
	if n := len(h.AlsoIn); n > 0 {
		line(fmt.Sprintf("(nearly the same in %s: %s)", counted(n, "other chunk"), alsoIn(h, short)))
	}
	return b.String()
}

// alsoShown is how many documents are named that say nearly the same.
const alsoShown = 3

// alsoIn names the documents that say nearly the same as a hit.
func alsoIn(h wire.Hit, short func(string) string) string {
	var names []string
	for _, same := range h.AlsoIn {
		name := "document " + oneLine(short(same.DocumentID))
		if same.Name != nil {
			name = fmt.Sprintf("%s (%s)", oneLine(*same.Name), name)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if more := len(names) - alsoShown; more > 0 {
		names = append(names[:alsoShown], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// What makes a terminal show words that were looked for.
const (
	markOn  = "\x1b[1m"
	markOff = "\x1b[0m"
)

// snippet is the passage that matched, with the words marked.
func snippet(h wire.Hit, marks bool) string {
	at := strings.Index(h.Content, h.Snippet)
	if at < 0 || !marks {
		return flat(h.Snippet)
	}
	from := utf8.RuneCountInString(h.Content[:at])
	text := []rune(h.Snippet)
	var b strings.Builder
	last := 0
	for _, mark := range h.Highlights {
		if len(mark) != 2 || mark[0]-from < last || mark[1]-from > len(text) || mark[1] < mark[0] {
			continue
		}
		b.WriteString(oneLine(string(text[last : mark[0]-from])))
		last = mark[1] - from
		b.WriteString(markOn + oneLine(string(text[mark[0]-from:last])) + markOff)
	}
	b.WriteString(oneLine(string(text[last:])))
	return strings.Join(strings.Fields(b.String()), " ")
}

// where says where in its document a hit is.
func where(h wire.Hit) string {
	at := place(h.Metadata) // of an older server
	switch {
	case h.Start != nil:
		at = ", at " + clock(*h.Start)
	case h.Page != nil:
		at = fmt.Sprintf(", page %d", *h.Page)
	}
	if h.Speaker != "" {
		at += ", " + oneLine(h.Speaker)
	}
	if h.Heading != "" {
		at += ", under " + oneLine(h.Heading)
	}
	return at
}

func clock(seconds float64) string {
	s := int(seconds)
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// source says what a hit is of: the name and title of the document, its type, and the id
// that other commands take. An older server names nothing but the id.
func source(h wire.Hit, short func(string) string) string {
	var named []string
	if name := h.Document.Name; name != nil && *name != "" {
		named = append(named, oneLine(*name))
	}
	if title := h.Document.Title; title != nil && *title != "" {
		named = append(named, "“"+oneLine(*title)+"”")
	}
	contentType := cmp.Or(h.Document.ContentType, "document")
	if len(named) == 0 {
		return contentType + " " + short(h.DocumentID)
	}
	return fmt.Sprintf("%s (%s %s)", strings.Join(named, ", "), contentType, short(h.DocumentID))
}

// place says where in its document a hit is.
func place(metadata wire.Object) string {
	if start, ok := metadata.Get("start").(float64); ok {
		return ", at " + clock(start)
	}
	if page, ok := metadata.Get("page").(float64); ok {
		return fmt.Sprintf(", page %d", int(page))
	}
	return ""
}

// excerptLength is how many characters of a hit are shown.
const excerptLength = 300

func excerpt(s string) string {
	runes := []rune(flat(s))
	if len(runes) > excerptLength {
		return string(runes[:excerptLength]) + "…"
	}
	return string(runes)
}

// flat is a text in one line.
func flat(s string) string { return strings.Join(strings.Fields(oneLine(s)), " ") }
