// Package notebook makes Markdown of Jupyter notebooks (ipynb).
package notebook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"morag/internal/content"
	"morag/internal/convert"
	"morag/internal/convert/charset"
	"morag/internal/convert/document/html"
	"morag/internal/convert/document/markdown"
	"morag/internal/convert/document/omission"
	"morag/internal/convert/document/property"
	"morag/internal/convert/document/source"
)

// Read makes Markdown of a notebook: its text as it is, its code in fences that name the
// language, and what the code printed. Of a result in several forms, text goes first.
func Read(ctx context.Context, src source.File) (*content.Document, error) {
	raw, err := src.Bytes(ctx)
	if err != nil {
		return nil, err
	}
	return parse(ctx, raw, src.Limits.MaxText)
}

// text is a string that may be given as a list of its lines.
type text string

func (t *text) UnmarshalJSON(raw []byte) error {
	var whole string
	if err := json.Unmarshal(raw, &whole); err == nil {
		*t = text(whole)
		return nil
	}
	var lines []string
	_ = json.Unmarshal(raw, &lines) // what is neither holds no text: an object of a widget
	*t = text(strings.Join(lines, ""))
	return nil
}

// file is a notebook of the versions 3 and 4.
type file struct {
	Cells  []cell `json:"cells"`
	Sheets []struct {
		Cells []cell `json:"cells"`
	} `json:"worksheets"` // version 3
	Metadata struct {
		Title    string                    `json:"title"`
		Kernel   struct{ Language string } `json:"kernelspec"`
		Language struct{ Name string }     `json:"language_info"`
		Authors  []struct{ Name string }   `json:"authors"`
	} `json:"metadata"`
	Format int `json:"nbformat"`
}

type cell struct {
	Type    string   `json:"cell_type"`
	Source  text     `json:"source"`
	Input   text     `json:"input"` // version 3
	Level   int      `json:"level"` // of a heading, version 3
	Outputs []output `json:"outputs"`
}

type output struct {
	Type      string                     `json:"output_type"`
	Text      text                       `json:"text"`
	Data      map[string]json.RawMessage `json:"data"`
	HTML      text                       `json:"html"` // version 3
	Name      string                     `json:"ename"`
	Value     string                     `json:"evalue"`
	Traceback []string                   `json:"traceback"`
}

func parse(ctx context.Context, raw []byte, limit int64) (*content.Document, error) {
	decoded, err := charset.Decode(raw)
	if err != nil {
		return nil, convert.BadSource("the notebook is binary data and not JSON", err)
	}
	var f file
	in := json.NewDecoder(strings.NewReader(decoded))
	if err := in.Decode(&f); err != nil {
		return nil, convert.BadSource("the notebook is damaged: it is no complete JSON", err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, convert.BadSource("the notebook is damaged: something follows its JSON", err)
	}
	for _, s := range f.Sheets {
		f.Cells = append(f.Cells, s.Cells...)
	}
	if f.Cells == nil && f.Format == 0 {
		return nil, convert.BadSource("the file is JSON but no notebook: it has no cells", nil)
	}
	w := &writer{ctx: ctx, limit: limit, language: f.language()}
	for _, c := range f.Cells {
		if err := w.cell(c); err != nil {
			return nil, err
		}
	}
	meta := map[string]any{"engine": "notebook"}
	property.Set(meta, "title", property.Cut(property.Line(f.Metadata.Title)))
	if _, known := meta["title"]; !known {
		property.Set(meta, "title", markdown.FirstHeading(w.String()))
	}
	var names []string
	for _, author := range f.Metadata.Authors {
		names = append(names, author.Name)
	}
	property.Set(meta, "author", property.Join(names))
	property.Set(meta, "programming_language", w.language)
	return &content.Document{Content: w.String(), Metadata: meta, Warnings: w.left.Warnings()}, nil
}

var word = regexp.MustCompile(`^[A-Za-z0-9+#_.-]{1,40}$`)

// language is what the code is written in, "" when it is not told.
func (f *file) language() string {
	for _, name := range []string{f.Metadata.Language.Name, f.Metadata.Kernel.Language} {
		if word.MatchString(name) {
			return name
		}
	}
	return ""
}

// writer joins the cells and counts what is left out.
type writer struct {
	strings.Builder
	ctx      context.Context
	limit    int64
	language string
	left     omission.Counts
}

// attachment is a picture that is kept in a cell of text.
var attachment = regexp.MustCompile(`!\[([^\]\n]*)\]\(attachment:[^)\n]*\)`)

func (w *writer) cell(c cell) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	source := clean(c.Source + c.Input)
	switch c.Type {
	case "code":
		if strings.TrimSpace(source) != "" {
			w.fenced(w.language, source)
		}
		for _, o := range c.Outputs {
			if err := w.output(o); err != nil {
				return err
			}
		}
	case "heading":
		w.block(strings.Repeat("#", min(max(c.Level, 1), 6)) + " " + property.Line(source))
	case "markdown":
		w.left.Add("pictures in the text", len(attachment.FindAllStringIndex(source, -1)))
		w.block(attachment.ReplaceAllString(source, "$1"))
	default: // raw, and what later versions add
		w.block(source)
	}
	if int64(w.Len()) > w.limit {
		return convert.BadSource(fmt.Sprintf("the notebook has more than %d MiB of text", w.limit>>20), nil)
	}
	return nil
}

// output writes what the code printed, returned or failed with.
func (w *writer) output(o output) error {
	switch o.Type {
	case "stream":
		w.fenced("", clean(o.Text))
		return nil
	case "error", "pyerr":
		w.fenced("", clean(text(strings.Join(o.Traceback, "\n"))))
		if len(o.Traceback) == 0 {
			w.fenced("", property.Line(o.Name+": "+o.Value))
		}
		return nil
	}
	forms := map[string]text{"text/plain": o.Text, "text/html": o.HTML}
	picture := false
	for name, raw := range o.Data {
		var value text
		_ = value.UnmarshalJSON(raw)
		forms[name] = value
		picture = picture || strings.HasPrefix(name, "image/")
	}
	page := string(forms["text/html"])
	switch {
	case picture: // of which the plain form says only that it is one
		w.left.Add("results that are pictures", 1)
	case strings.TrimSpace(string(forms["text/markdown"])) != "":
		w.block(clean(forms["text/markdown"]))
	case strings.TrimSpace(string(forms["text/latex"])) != "":
		w.block(clean(forms["text/latex"]))
	case strings.Contains(page, "<table"):
		return w.page(page)
	case strings.TrimSpace(string(forms["text/plain"])) != "":
		w.fenced("", clean(forms["text/plain"]))
	case strings.TrimSpace(page) != "":
		return w.page(page)
	case len(o.Data) > 0:
		w.left.Add("results that are no text", 1)
	}
	return nil
}

// page writes a result that is HTML, such as a table of data.
func (w *writer) page(page string) error {
	doc, err := html.Parse(w.ctx, []byte("\uFEFF"+page), "")
	if w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	if err != nil {
		w.left.Add("results that are no text", 1)
		return nil
	}
	w.block(doc.Content)
	return nil
}

func (w *writer) block(s string) {
	s = strings.Trim(strings.TrimRight(s, " \t\n"), "\n")
	if s == "" {
		return
	}
	if w.Len() > 0 {
		w.WriteString("\n\n")
	}
	w.WriteString(s)
}

// fenced writes code behind a fence that is longer than any in it.
func (w *writer) fenced(language, code string) {
	code = strings.Trim(code, "\n")
	if strings.TrimSpace(code) == "" {
		return
	}
	longest, run := 2, 0
	for _, r := range code {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	w.block(fence + language + "\n" + strings.TrimRight(code, " \t\n") + "\n" + fence)
}

// colours are commands for terminals.
var colours = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")

func clean(t text) string {
	return charset.CleanLines(strings.ToValidUTF8(colours.ReplaceAllString(strings.ReplaceAll(string(t), "\t", "    "), ""), "\uFFFD"))
}
