// Package pandoc has the program pandoc read the formats of text that it knows and that have no
// reader here. What it makes of them are pages, which become Markdown as those of files do.
package pandoc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	nethtml "golang.org/x/net/html"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/charset"
	"morag/internal/convert/document/html"
	"morag/internal/convert/document/markup"
	"morag/internal/convert/document/omission"
	"morag/internal/convert/document/source"
	"morag/internal/proc"
)

const (
	name   = "pandoc"
	remedy = "apt-get install pandoc"
)

// Format is one that pandoc reads.
type Format struct {
	MIME  string // that detection gives
	input string // pandoc's name
	noun  string // as messages name it
}

// Formats are those that pandoc is asked for.
var Formats = []Format{
	{"text/x-tex", "latex", "LaTeX"}, {"text/x-rst", "rst", "reStructuredText"}, {"text/x-org", "org", "Org"},
	{"text/x-textile", "textile", "Textile"}, {"text/x-mediawiki", "mediawiki", "MediaWiki"},
	{"application/docbook+xml", "docbook", "DocBook"},
}

// Engine tells whether pandoc is here.
func Engine(ctx context.Context) convert.Engine {
	version, err := proc.Version(ctx, name, "--version")
	return convert.Engine{Name: name, Purpose: "text of LaTeX, reStructuredText, Org, Textile, MediaWiki and DocBook", Version: version, Available: err == nil, Remedy: remedy}
}

// Read makes Markdown of a file of the format. Pandoc is given its text and nothing else: it
// opens no file and no address that this names.
func (f Format) Read(ctx context.Context, src source.File) (*content.Document, error) {
	raw, err := src.Bytes(ctx)
	if err != nil {
		return nil, err
	}
	text, err := charset.Decode(raw)
	if err != nil {
		return nil, convert.BadSource("the file is binary data and not "+f.noun, err)
	}
	text = strings.ReplaceAll(text, content.PageBreak, "\n")
	if strings.HasPrefix(strings.TrimSpace(text), "<?xml") { // which may name the encoding that it was in
		if at := strings.Index(text, "?>"); at > 0 {
			text = text[at+2:]
		}
	}
	left := missing{body: bodyLine(text)}
	result, err := proc.Run(ctx, proc.Cmd{
		// Its runtime takes more addresses than it uses: it bounds its memory itself.
		Name: name, Args: []string{"+RTS", fmt.Sprintf("-M%dM", max(src.Limits.MaxMemory>>20, 1)), "-RTS", "--sandbox", "--standalone", "--mathjax=", "--wrap=none", "--metadata=lang:en", "--from=" + f.input, "--to=html5"},
		Stdin: strings.NewReader(text), ErrLine: left.note, MaxStdout: 2*src.Limits.MaxText + 1<<20, Timeout: src.Limits.Timeout,
	})
	if err != nil {
		return nil, f.explain(ctx, err, src.Limits.Timeout)
	}
	made := append([]byte("\uFEFF"), bytes.ReplaceAll(result.Stdout, []byte(` lang="en" xml:lang="en"`), nil)...)
	doc, err := html.Parse(ctx, made, "")
	if err == nil && bytes.Contains(made, []byte(`role="doc-noteref"`)) {
		doc.Content, err = withNotes(ctx, made)
	}
	if err != nil {
		return nil, err
	}
	if int64(len(doc.Content)) > src.Limits.MaxText {
		return nil, convert.BadSource(fmt.Sprintf("the document has more than %d MiB of text", src.Limits.MaxText>>20), nil)
	}
	if title, _ := doc.Metadata["title"].(string); title == "-" { // pandoc's for none
		delete(doc.Metadata, "title")
	}
	doc.Metadata["engine"] = name
	doc.Warnings = append(doc.Warnings, left.warnings()...)
	return doc, nil
}

// withNotes makes Markdown of a page whose notes are those of pandoc.
func withNotes(ctx context.Context, made []byte) (string, error) {
	page, err := nethtml.Parse(bytes.NewReader(bytes.TrimPrefix(made, []byte("\uFEFF"))))
	if err == nil {
		markup.Prune(page)
		var text string
		if text, err = markup.WithNotes(ctx, page); err == nil {
			return text, nil
		}
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return "", convert.BadSource("the document cannot be made Markdown", err)
}

func (f Format) explain(ctx context.Context, err error, timeout time.Duration) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, proc.ErrNotFound):
		return convert.NoEngine(fmt.Sprintf("%s is read by the program pandoc, which is not here: %s", f.noun, remedy))
	case errors.Is(err, proc.ErrTimeout):
		return convert.BadSource(fmt.Sprintf("the document took pandoc longer than %s", timeout), err)
	case errors.Is(err, proc.ErrOutput):
		return convert.BadSource("the document has too much text", err)
	}
	return convert.BadSource("the document is damaged: pandoc cannot read it as "+f.noun, err)
}

// missing counts what pandoc says it has left out of the body.
type missing struct {
	omission.Counts
	body, formulas int
}

var (
	// LaTeX takes packages from such files, which hold no text.
	styleFile = regexp.MustCompile(`\.(?:sty|cls|def|cfg|clo|fd)\b`)
	place     = regexp.MustCompile(` at .*?line (\d+)`)
)

// bodyLine is the line in which the text of LaTeX begins; 0 for all others.
func bodyLine(text string) int {
	before, _, found := strings.Cut(text, `\begin{document}`)
	if !found {
		return 0
	}
	return 1 + strings.Count(before, "\n")
}

func (m *missing) note(line []byte) {
	if at := place.FindSubmatch(line); at != nil {
		if number, err := strconv.Atoi(string(at[1])); err == nil && number < m.body {
			return
		}
	}
	switch {
	case bytes.Contains(line, []byte("Could not load include file")), bytes.Contains(line, []byte("Could not fetch")):
		if !styleFile.Match(line) {
			m.Add("other files that the document refers to", 1)
		}
	case bytes.Contains(line, []byte("Could not convert TeX math")):
		m.formulas++
	}
}

func (m *missing) warnings() []string {
	all := m.Warnings()
	if m.formulas > 0 {
		all = append(all, fmt.Sprintf("Formulas that pandoc does not understand, which stand as they are: %d.", m.formulas))
	}
	return all
}
